/** C names: what objects, actors and the module itself are called in C. */
import type { MachineObject } from '@scopemask/checker/machine'
import { identifier } from './c-text.js'
import type { Actor } from './cast.js'

/** An object. */
export function idOf(object: MachineObject): string {
  return identifier('o', object.id, object.name)
}

/** An actor. */
export function actorId({ number, name }: Actor): string {
  return identifier('a', number, name)
}

/** A name that the kernel takes for a module: with its end it has at most 55 characters. */
export function moduleName(scenario: string, policy: string): string {
  return `ksim_${scenario.slice(0, 28)}_${policy}`.replace(/[^a-z0-9]+/g, '_')
}
