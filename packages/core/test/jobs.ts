/** A domain such as an application defines, anew for each test. */
import { subscribe } from '../src/diagnostics.js'
import { type Domain, defineDomain } from '../src/index.js'

/** Restrictions at both ends of the 32 bits, grants, and an identity bit. */
export function jobsDomain() {
  return defineDomain({
    name: 'jobs',
    version: 1,
    restrictions: { NO_DISK: 0, NO_NETWORK: 1, NO_SPAWN: 31 },
    grants: { URGENT: 8, RESERVES: 9 },
    identity: { POOL: 16 },
    granting: 'anyone',
  })
}

/** Its kinds of events with label and flags, as they happen: `enter "a" NO_DISK`. */
export function eventsOf<N extends string>(domain: Domain<N>): string[] {
  const events: string[] = []
  subscribe(domain, ({ kind, context, label, mask }) => {
    events.push(
      `${kind} ${context}${label === undefined ? '' : ` "${label}"`} ${domain.format(mask)}`,
    )
  })
  return events
}
