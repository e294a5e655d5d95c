/** Texts: the bundled cases as texts that can be edited. */
import { cases, texts } from 'made:cases'

export interface BundledCase {
  readonly number: string
  readonly name: string
  readonly summary: string
}

export const BUNDLED: readonly BundledCase[] = cases

/** The text of a case: its module, whose default export it is. Undefined when there is no such case. */
export function textOf(number: string): string | undefined {
  const found = cases.find((each) => each.number === number)
  const text = found === undefined ? undefined : texts[found.module]
  return found && text && `${text}\nexport default ${found.exported}\n`
}
