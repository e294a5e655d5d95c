/** Place: where a scope was opened, captured when it is opened and put into words only when an error needs it. */

/** A label, or a label with the place where the scope was opened. */
export type Site = string | undefined | Place

/** V8 fills `stack` in only when it is read. */
export class Place {
  readonly label: string | undefined
  declare readonly stack: string

  /** Captures the place of the call of `above`. */
  constructor(label: string | undefined, above: (...args: never) => unknown) {
    this.label = label
    const { captureStackTrace } = Error as {
      captureStackTrace?: (target: object, above: unknown) => void
    }
    if (captureStackTrace) captureStackTrace(this, above)
    else this.stack = `${new Error().stack}`
  }

  /** `at commit (journal.ts:12:3)` */
  toString(): string {
    return /^\s*(at .*|.*@.*)$/m.exec(this.stack)?.[1] ?? '?'
  }
}

/** The label of a site. */
export function labelOf(site: Site): string | undefined {
  return site instanceof Place ? site.label : site
}
