/**
 * The face of @scopemask/core: domains, contexts, the current context, conveyances.
 * @packageDocumentation
 * @mergeModuleWith <project>
 */
export { Context, type ContextOptions } from './context.js'
export { adopt, contextFrom, convey } from './convey.js'
export type { Conveyance, ConveyanceData, Policy } from './conveyance.js'
export { bind, current, currentOrUndefined } from './current.js'
export { type Bits, type Domain, type DomainSpec, defineDomain } from './domain.js'
export { ConveyanceError, RestrictionError, ScopeError } from './errors.js'
export { type Mask, union } from './flags.js'
export type { ProvenanceStep, StepKind } from './origin.js'
export type { RunResult } from './outcome.js'
export type { Provenance } from './restricted.js'
export type { Scope } from './scope.js'
