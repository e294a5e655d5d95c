/** Page: a report before it has a form. It has a title, what comes first, and sections of paragraphs, lists and tables. */
import type { Picture } from './picture.js'
import type { Table } from './table.js'

/** Lines that stay as they are, in letters of one width. */
export interface Drawing {
  /** What it shows, for who cannot see it. */
  readonly shows: string
  readonly drawing: readonly string[]
}

/**
 * A part of a section: a paragraph, a list, a table, a heading, a drawing, or pictures that a table beside them repeats. Pictures may be
 * a getter, since only a page in a browser draws them.
 */
export type Part =
  | string
  | { readonly items: readonly string[] }
  | { readonly heading: string }
  | Drawing
  | { readonly pictures: readonly Picture[] }
  | Table

export interface Section {
  /** Letters, digits, dashes and slashes: the section's address. */
  readonly id: string
  readonly title: string
  readonly parts: readonly Part[]
  /** True for a schedule, through which a page with scripts steps. */
  readonly steps?: boolean
}

/** An outcome in a few words: good, bad, or undefined where nobody knows. */
export interface Mark {
  readonly good: boolean | undefined
  readonly text: string
}

export interface Page {
  readonly title: string
  /** What was found, in sentences. */
  readonly lead: readonly string[]
  readonly marks: readonly Mark[]
  /** The gravest first. */
  readonly sections: readonly Section[]
}

/** A section of the parts that there are; undefined without any. */
export function section(
  id: string,
  title: string,
  parts: readonly (Part | undefined)[],
): Section | undefined {
  const there = parts.filter((part) => part !== undefined)
  return there.length === 0 ? undefined : { id, title, parts: there }
}

/** The sections that there are. */
export function sections(all: readonly (Section | undefined)[]): Section[] {
  return all.filter((each) => each !== undefined)
}
