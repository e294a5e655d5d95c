/** This package with a bridge: the current context is in an AsyncLocalStorage, so that it is found after an await. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { bind, Context, convey, current, defineDomain } from '@scopemask/core'
import { runAdopted } from '@scopemask/core/delegation'
import { follow } from '@scopemask/core/follow'
import { opaque } from '../loops.mjs'

const domain = defineDomain({
  name: 'bridged',
  version: 1,
  restrictions: { A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7 },
})
domain.recordPlaces(0)
follow(domain, new AsyncLocalStorage())
const context = new Context(domain, { mask: domain.flags.B })
const pool = new Context(domain)

export default {
  names: { domain, context, pool, convey, current, runAdopted, work: () => opaque() },
  within: (fn) => bind(context, fn)(),
  sections: {
    'run(mask, fn), with a bridge': (mask, fn, _, outermost) =>
      `${outermost ? 'context' : 'current(domain)'}.run(${mask}, ${fn})`,
  },
  reads: { 'current(domain).mask, with a bridge': 'current(domain).mask' },
  handOffs: {
    'convey + runAdopted, with a bridge': {
      capture: "convey(context, 'convey-on-queue')",
      deliver: 'runAdopted(pool, item, work)',
    },
  },
}
