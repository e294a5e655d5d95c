/**
 * Scopes under random use and misuse, against a model that knows nothing of saved bits: a list of what is
 * held open, and a mask that is the union of it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Mask, type Scope, ScopeError } from '../src/index.js'
import { Task } from '../src/task.js'
import { jobsDomain } from './jobs.js'

const FLAGS = ['NO_DISK', 'NO_NETWORK', 'NO_SPAWN', 'URGENT', 'RESERVES', 'POOL'] as const
const mask = () => fc.subarray([...FLAGS])

/** Something to do on a context; `open` sections hold others, and may throw at their end. */
type Step =
  | {
      readonly kind: 'enter' | 'run' | 'async'
      readonly mask: readonly (typeof FLAGS)[number][]
      readonly inside: readonly Step[]
      readonly throws: boolean
    }
  | { readonly kind: 'turn' }

const steps = fc.letrec<{ steps: readonly Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { maxLength: 4 }),
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant({ kind: 'turn' as const }),
    fc.record({
      kind: fc.constantFrom('enter' as const, 'run' as const, 'async' as const),
      mask: mask(),
      inside: tie('steps'),
      throws: fc.boolean(),
    }),
  ),
})).steps

class Expected extends Error {}

test('well-nested scopes leave the mask as it was, whatever throws', async () => {
  await fc.assert(
    fc.asyncProperty(mask(), steps, async (before, program) => {
      const jobs = jobsDomain()
      const context = new Task(jobs, { mask: jobs.mask(...before) })

      const all = async (list: readonly Step[], outer: number): Promise<void> => {
        for (const step of list) {
          expect(context.mask).toBe(outer)
          await one(step, outer)
          expect(context.mask).toBe(outer)
        }
      }
      const section = async (step: Exclude<Step, { kind: 'turn' }>, outer: number) => {
        await all(step.inside, outer | jobs.mask(...step.mask))
        if (step.throws) throw new Expected()
      }
      const one = async (step: Step, outer: number): Promise<void> => {
        if (step.kind === 'turn') return
        const bits = jobs.mask(...step.mask)
        try {
          if (step.kind === 'enter') {
            using _ = context.enter(bits)
            await section(step, outer)
          } else if (step.kind === 'async') {
            await context.run(bits, () => section(step, outer))
          } else {
            context.run(bits, () => {
              expect(context.mask).toBe(outer | bits)
              if (step.throws) throw new Expected()
            })
          }
        } catch (thrown) {
          if (!(thrown instanceof Expected)) throw thrown
        }
      }
      await all(program, context.mask)
    }),
  )
})

/** What is held open: the mask of each scope, and the misclosed ones that the scope inside closes with itself. */
class Model {
  readonly before: number
  readonly open: { readonly id: number; bits: number }[] = []

  constructor(before: number) {
    this.before = before
  }

  get mask(): number {
    return this.open.reduce((union, { bits }) => union | bits, this.before)
  }

  /** Whether closing is in order; what is closed too early goes to the scope inside it. */
  close(id: number): boolean {
    const index = this.open.findIndex((scope) => scope.id === id)
    if (index < 0) return false
    const inner = this.open[index + 1]
    if (inner !== undefined) inner.bits |= this.open[index]?.bits ?? 0
    this.open.splice(index, 1)
    return inner === undefined
  }
}

const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('enter' as const), mask: mask() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('close' as const), back: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leak' as const), mask: mask() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('elsewhere' as const), back: fc.nat(5) }) },
)

test('misuse is an error each time, lifts nothing early and corrupts nothing', () => {
  fc.assert(
    fc.property(mask(), fc.array(command, { maxLength: 40 }), (before, commands) => {
      const jobs = jobsDomain()
      const context = new Task(jobs, { mask: jobs.mask(...before) })
      const stranger = new Task(jobs)
      const model = new Model(context.mask)
      const scopes: Scope<'jobs'>[] = []
      const enter = (bits: Mask<'jobs'>) => {
        model.open.push({ id: scopes.length, bits })
        scopes.push(context.enter(bits))
      }
      for (const command of commands) {
        const id = scopes.length - 1 - ('back' in command ? command.back : 0)
        const scope = scopes[id]
        if (command.kind === 'enter') enter(jobs.mask(...command.mask))
        else if (command.kind === 'leak') {
          // A run that leaves a scope open: that scope then holds what the run held.
          const bits = jobs.mask(...command.mask)
          expect(() => context.run(bits, () => enter(jobs.flags.POOL))).toThrow(ScopeError)
          const leaked = model.open.at(-1)
          if (leaked) leaked.bits |= bits
        } else if (scope === undefined) continue
        else if (command.kind === 'elsewhere') {
          expect(() => stranger.run(jobs.mask(), () => scope.close())).toThrow(ScopeError)
        } else if (model.close(id)) scope.close()
        else expect(() => scope.close()).toThrow(ScopeError)
        expect(context.mask).toBe(model.mask)
        expect(scopes.map(({ open }) => open)).toEqual(
          scopes.map((_, i) => model.open.some(({ id }) => id === i)),
        )
      }
      for (const { id } of [...model.open].reverse()) {
        model.close(id)
        scopes[id]?.close()
        expect(context.mask).toBe(model.mask)
      }
      expect(jobs.format(context.mask)).toBe(before.join('|') || 'none')
    }),
    { numRuns: 500 },
  )
})

test('tasks that run at the same time, each with its context, do not disturb each other', async () => {
  const task = fc.array(fc.record({ mask: mask(), turns: fc.nat(3) }), { maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(fc.array(task, { maxLength: 6 }), async (tasks) => {
      const jobs = jobsDomain()
      await Promise.all(
        tasks.map(async (sections) => {
          const context = new Task(jobs)
          const nest = async (depth: number, outer: number): Promise<void> => {
            const section = sections[depth]
            if (section === undefined) return
            const bits = jobs.mask(...section.mask)
            await context.run(bits, async () => {
              for (let turn = 0; turn < section.turns; turn++) {
                await null
                expect(context.mask).toBe(outer | bits)
              }
              await nest(depth + 1, outer | bits)
            })
            expect(context.mask).toBe(outer)
          }
          await nest(0, 0)
        }),
      )
    }),
  )
})
