/** Keys: what stands for each lock and scope in all pictures of an exhibit. */
import type { Exhibit } from '../../matrix/exhibit.js'
import { type Key, keysFor } from '../form/picture.js'

export type Keys = ReadonlyMap<string, Key>

/** What is held, waited for or in force in the story, in the order in which it appears. */
export function keysOf({ story }: Pick<Exhibit, 'story'>): Keys {
  return keysFor([
    ...story.holds.map(({ object }) => object),
    ...story.scopes.map(({ restrictions }) => scopeName(restrictions)),
    ...story.waiting.flatMap(({ objects }) => objects),
  ])
}

/** What a scope is called in pictures. */
export function scopeName(restrictions: string): string {
  return `${restrictions} scope`
}
