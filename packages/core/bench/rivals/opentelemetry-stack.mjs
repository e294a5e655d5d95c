import { StackContextManager } from '@opentelemetry/sdk-trace-web'
import { openTelemetry } from './opentelemetry.mjs'

export default openTelemetry('OpenTelemetry (stack manager)', new StackContextManager())
