/** The kernel's public face: the names that a scenario is written against. */
export { __GFP_NOLOCKDEP } from './gfp.js'
export { POLICIES, type Policy, type PolicyName, policyNamed } from './policy.js'
export { type Scenario, scenario } from './scenario.js'
export { Kernel } from './system.js'
