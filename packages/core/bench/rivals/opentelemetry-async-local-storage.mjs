import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { openTelemetry } from './opentelemetry.mjs'

export default openTelemetry('OTel ALS manager', new AsyncLocalStorageContextManager())
