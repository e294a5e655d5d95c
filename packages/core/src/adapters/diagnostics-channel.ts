/**
 * Diagnostics channel: a domain's events on the channels of node:diagnostics_channel, one for each kind of
 * event: `scopemask:enter`, `scopemask:exit`, `scopemask:convey`, `scopemask:adopt`, `scopemask:drop`,
 * `scopemask:refuse`, `scopemask:violation`. The message is the {@link ScopeEvent}, which names its domain.
 * @module diagnostics-channel
 */
import { channel } from 'node:diagnostics_channel'
import { type ScopeEvent, type ScopeEventKind, subscribe } from '../diagnostics.js'
import type { Domain } from '../domain.js'

/** Publishes all events of a domain until disposed. Each costs a call, also where nobody listens. */
export function publish<N extends string>(domain: Domain<N>): Disposable {
  const channels = {
    enter: channel('scopemask:enter'),
    exit: channel('scopemask:exit'),
    convey: channel('scopemask:convey'),
    adopt: channel('scopemask:adopt'),
    drop: channel('scopemask:drop'),
    refuse: channel('scopemask:refuse'),
    violation: channel('scopemask:violation'),
  } satisfies Record<ScopeEventKind, unknown>
  return subscribe(domain, (event: ScopeEvent<N>) => channels[event.kind].publish(event))
}
