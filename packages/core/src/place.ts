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

/** The stack of a site, where it was recorded. */
export function stackOf(site: Site | number): string | undefined {
  return typeof site === 'object' ? site.stack : undefined
}

/** `at commit (journal.ts:12:3)`, in the words of the engine; undefined where no place was recorded. */
function frameOf(stack: string | undefined): string | undefined {
  return /at .*|\S*@.*/.exec(`${stack}`)?.[0]
}

/** `opened at commit (journal.ts:12:3)`, or how to learn it. */
export function opening(stack: string | undefined): string {
  const frame = frameOf(stack)
  return frame ? `opened ${frame}` : 'place not recorded: see recordPlaces'
}

/** `journal.ts:12`, or nothing where no place was recorded. */
export function fileAndLine(stack: string | undefined): string | undefined {
  return /([^\s/\\(]+:\d+):\d+\)?$/.exec(frameOf(stack) ?? '')?.[1]
}
