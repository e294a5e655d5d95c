/** The contender of this package. */
import { adopt, Context, convey, current, defineDomain } from '@scopemask/core'
import { handOff } from '@scopemask/core/delegation'
import { opaque } from './loops.mjs'

const domain = defineDomain({
  name: 'bench',
  version: 1,
  restrictions: { A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7 },
})
domain.recordPlaces(0)
const context = new Context(domain)
const worker = new Context(domain)

export default {
  names: {
    domain,
    context,
    worker,
    adopt,
    convey,
    current,
    handOff,
    work: () => opaque(),
    held: { scope: null },
  },
  within: (fn) => context.run(2, fn),
  sections: {
    'save + restore': (mask, _, body) =>
      `const saved = context.save(${mask}); ${body}; context.restore(${mask}, saved)`,
    'enter + close': (mask, _, body) =>
      `const scope = context.enter(${mask}); ${body}; scope.close()`,
    'run(mask, fn)': (mask, fn) => `context.run(${mask}, ${fn})`,
  },
  kept: {
    'enter + close, the scope in a field': (mask, _, body) =>
      `held.scope = context.enter(${mask}); ${body}; held.scope.close()`,
  },
  reads: { 'context.mask': 'context.mask', 'current(domain).mask': 'current(domain).mask' },
  handOffs: {
    'convey + adopt + close': {
      capture: "convey(context, 'convey-on-queue')",
      deliver: 'const scope = adopt(worker, item); opaque(); scope.close()',
    },
    'handOff() + run': {
      capture: "handOff(context, 'convey-on-queue', work)",
      deliver: 'item.run(worker)',
    },
  },
}
