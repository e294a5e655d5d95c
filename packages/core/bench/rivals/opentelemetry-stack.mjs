import { StackContextManager } from '@opentelemetry/sdk-trace-web'
import { openTelemetry } from './opentelemetry.mjs'

export default openTelemetry('OTel stack manager', new StackContextManager())
