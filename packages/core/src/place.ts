/** Place: where a scope was opened, captured when it is opened and put into words only when an error needs it. */
import type { ProvenanceStep } from './origin.js'

/** A function of this package: the place is that of its call. */
export type Callee = (...args: never) => unknown

/** What is kept of the opening of a scope while its domain is watched. */
export interface Place {
  readonly label: string | undefined
  /** The flags that it was opened with. */
  readonly opened: number
  /** V8 fills it in only when it is read. Engines without `captureStackTrace` leave it out. */
  readonly stack?: string
  /** Of what stands for a way that is too long to keep: how that began, by flag. */
  readonly beginnings?: { readonly [flag: number]: readonly ProvenanceStep[] }
}

/** A label, or a label with a place. */
export type Site = string | undefined | Place

/** The label of a site. */
export function labelOf(site: Site): string | undefined {
  return typeof site === 'object' ? site.label : site
}

/** The stack of a site, where it was recorded. */
export function stackOf(site: Site | number): string | undefined {
  return typeof site === 'object' ? site.stack : undefined
}

/**
 * `at commit (journal.ts:12:3)`, in the words of the engine: the innermost call that the application wrote itself, else the innermost
 * of all. An adapter opens scopes on behalf of its callers, and its own place would help nobody. Undefined where no place was recorded.
 */
export function frameOf(stack: string | undefined): string | undefined {
  const frames = `${stack}`.match(/at .*|\S*@.*/g) ?? []
  return frames.find((frame) => !/node_modules|node:/.test(frame)) ?? frames[0]
}
