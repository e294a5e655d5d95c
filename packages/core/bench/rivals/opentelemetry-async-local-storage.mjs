import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { openTelemetry } from './opentelemetry.mjs'

export default openTelemetry('OpenTelemetry (ALS manager)', new AsyncLocalStorageContextManager())
