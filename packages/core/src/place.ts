/** Place: where a scope was opened, captured when it is opened and put into words only when an error needs it. */

/** A function of this package: the place is that of its call. */
export type Callee = (...args: never) => unknown

/** A label with the place where the scope was opened. */
export interface Place {
  readonly label: string | undefined
  /** V8 fills it in only when it is read. Engines without `captureStackTrace` leave it out. */
  readonly stack?: string
}

/** A label, or a label with a place. */
export type Site = string | undefined | Place

/** Captures the place of the call of `callee`. */
export function placed(label: string | undefined, callee: Callee): Place {
  const place: Place = { label }
  const { captureStackTrace } = Error as {
    captureStackTrace?: (target: object, callee: Callee) => void
  }
  captureStackTrace?.(place, callee)
  return place
}

/** The label of a site. */
export function labelOf(site: Site): string | undefined {
  return typeof site === 'object' ? site.label : site
}

/** `opened at commit (journal.ts:12:3)`, in the words of the engine. */
export function opening(site: Site): string {
  const frame = typeof site === 'object' && /at .*|\S*@.*/.exec(`${site.stack}`)
  return frame ? `opened ${frame}` : 'place not recorded: see recordPlaces'
}
