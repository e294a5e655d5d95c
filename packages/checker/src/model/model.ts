/**
 * Model: tasks, what they share, and what is claimed of them. It is built anew for each search and each replay, so that nothing
 * of one is left for the next.
 */
import { Misuse } from '../machine/errors.js'
import type { Machine } from '../machine/machine.js'
import { misuseOf } from '../machine/place.js'
import { ModelBuilder } from './builder.js'

/** A model that can be checked: a name, and the way to build it anew. */
export interface Model {
  /** What it is called in errors. */
  readonly name: string
  /** Builds the machine. @throws Misuse when the model cannot be built. */
  machine(): Machine
}

/**
 * Defines a model.
 * @param build makes the tasks and what they share. It is called for each search, and has to do the same each time.
 */
export function model(name: string, build: (build: ModelBuilder) => void): Model {
  return {
    name,
    machine() {
      const builder = new ModelBuilder()
      const { machine } = builder
      try {
        const built: unknown = build(machine.guard.of(builder))
        if (built instanceof Promise) {
          // What it comes to is not waited for.
          built.catch(() => {})
          throw new Misuse('it is built by an async function: make everything at once')
        }
      } catch (thrown) {
        throw misuseOf(thrown, { of: `${name}: `, who: 'building it', internals: [] })
      }
      if (machine.tasks.length === 0) {
        throw new Misuse(`${name} has no task: build.task(name, function* () { ... })`)
      }
      return machine.seal()
    },
  }
}
