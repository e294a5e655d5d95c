/** The contender of this package. */
import { adopt, bind, Context, convey, current, defineDomain } from '@scopemask/core'
import { handOff, runAdopted } from '@scopemask/core/delegation'
import { Task } from '@scopemask/core/task'
import { opaque } from './loops.mjs'

const domain = defineDomain({
  name: 'bench',
  version: 1,
  restrictions: { A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7 },
})
domain.recordPlaces(0)
const context = new Context(domain, { mask: domain.flags.B })
const pool = new Context(domain)
const task = new Task(domain)
const worker = new Task(domain)

export default {
  names: {
    domain,
    context,
    pool,
    task,
    worker,
    adopt,
    convey,
    current,
    handOff,
    runAdopted,
    work: () => opaque(),
    held: { scope: null },
  },
  within: (fn) => bind(context, fn)(),
  sections: {
    'save + restore': (mask, _, body) =>
      `const saved = task.save(${mask}); ${body}; task.restore(${mask}, saved)`,
    'enter + close': (mask, _, body) => `const scope = task.enter(${mask}); ${body}; scope.close()`,
    'task.run(mask, fn)': (mask, fn) => `task.run(${mask}, ${fn})`,
    // A section inside another is one of the context that runs.
    'run(mask, fn)': (mask, fn, _, outermost) =>
      `${outermost ? 'context' : 'current(domain)'}.run(${mask}, ${fn})`,
  },
  kept: {
    'enter + close, the scope in a field': (mask, _, body) =>
      `held.scope = task.enter(${mask}); ${body}; held.scope.close()`,
    'run(mask, fn), its context in a field': (mask, _, body) =>
      `context.run(${mask}, (section) => { held.scope = section; ${body} })`,
  },
  reads: {
    'context.mask': 'context.mask',
    'current(domain).mask': 'current(domain).mask',
    'context.forbid(mask), which passes': '(context.forbid(m1), 1)',
  },
  handOffs: {
    'convey + adopt + close': {
      capture: "convey(context, 'convey-on-queue')",
      deliver: 'const scope = adopt(worker, item); opaque(); scope.close()',
    },
    'convey + runAdopted': {
      capture: "convey(context, 'convey-on-queue')",
      deliver: 'runAdopted(pool, item, work)',
    },
    'handOff() + run': {
      capture: "handOff(context, 'convey-on-queue', work)",
      deliver: 'item.run(worker)',
    },
    'handOff() + run, in a context of its own': {
      capture: "handOff(context, 'convey-on-queue', work)",
      deliver: 'item.run()',
    },
  },
}
