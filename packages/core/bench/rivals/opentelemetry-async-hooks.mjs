import { AsyncHooksContextManager } from '@opentelemetry/context-async-hooks'
import { openTelemetry } from './opentelemetry.mjs'

export default openTelemetry('OpenTelemetry (hooks manager)', new AsyncHooksContextManager())
