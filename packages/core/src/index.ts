/** The face of @scopemask/core: domains, contexts, scopes, the current context, conveyances. */
export { Context, type ContextOptions, type RunResult } from './context.js'
export { adopt, type Conveyance, type ConveyanceData, convey, type Policy } from './conveyance.js'
export { bind, current, currentOrUndefined } from './current.js'
export type { ScopeEvent, ScopeEventKind } from './diagnostics.js'
export { type Bits, type Domain, type DomainSpec, defineDomain } from './domain.js'
export { ConveyanceError, ScopeError } from './errors.js'
export { type Mask, union } from './flags.js'
export type { Scope } from './scope.js'
