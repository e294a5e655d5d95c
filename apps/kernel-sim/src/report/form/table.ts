/**
 * Table: rows and columns, described once. Text, HTML and Markdown are written from this description, so that none of
 * them has a heading, a column or a legend that the others do not have.
 */

import { percent } from './numbers.js'

/** How a text is meant: a form that has colours or weights shows it with them. */
export type Tone = 'good' | 'bad' | 'unsure' | 'soft'

/** What stands in a cell. */
export type Value =
  | string
  /** A count: written with separators, sorted by its size. */
  | number
  | {
      readonly text: string
      readonly tone: Tone
      /** The address of a section or a step on the same page. */
      readonly to?: string
    }
  /** The name of something in source code or in a recording. */
  | { readonly name: string }
  /** A part of a whole, which a form that can draw shows as a bar too. */
  | Share
  | { readonly lines: readonly string[] }

/** A part of a whole, and how much of the rest nobody knows of: none, where that is missing. */
export interface Share {
  readonly part: number
  readonly whole: number
  readonly unknown?: number
}

/** `12.5 %`, and what is unknown: that is not taken for the rest. */
export function shareText({ part, whole, unknown = 0 }: Share): string {
  if (unknown === 0) return percent(part, whole)
  return part === 0 && unknown === whole
    ? 'unknown'
    : `${percent(part, whole)}, ${percent(unknown, whole)} unknown`
}

/** A column: its heading, what its cell says of a row, and the side that its cells stand on. */
export interface Column<R> {
  readonly heading: string
  readonly value: (row: R) => Value
  readonly align: 'left' | 'right'
  /** True where a terminal is too narrow for the column. */
  readonly wide?: boolean
}

/** A stack that stands for others like it, and what it is the stack of. */
export interface Stack {
  readonly what: string
  /** How often it was seen. */
  readonly count: number
  /** The functions, innermost first. */
  readonly functions: readonly string[]
  /** Where the first event with it is: `line 7`, `record 7 of b.dat`. */
  readonly first: string
}

export interface Row {
  readonly values: readonly Value[]
  /** What the row says in sentences, where there is no room for all of its columns and stacks; most rows say nothing. */
  readonly said: readonly string[]
  readonly stacks: readonly Stack[]
  /** The number of the step of a schedule that the row is about. */
  readonly step: number | undefined
}

export interface Table {
  readonly caption: string
  readonly columns: readonly Omit<Column<never>, 'value'>[]
  readonly rows: readonly Row[]
  /** The heading of the stacks behind the rows; undefined where there are none. */
  readonly stacks: string | undefined
  /** True where a terminal says the rows in sentences instead of below headings: they have too many columns for it. */
  readonly sentencesOnly: boolean
  /** How many columns each part begins with when the table is broken into parts; undefined: cells are cut instead. */
  readonly lead: number | undefined
}

/** What a table is made of, beside its rows. */
export interface TableParts<R> {
  readonly caption: string
  readonly columns: readonly Column<R>[]
  readonly stacks?: { readonly heading: string; readonly of: (row: R) => readonly Stack[] }
  readonly sentences?: { readonly only: boolean; readonly of: (row: R) => readonly string[] }
  readonly lead?: number
  readonly step?: (row: R) => number | undefined
}

/** A table of these rows. */
export function table<R>(rows: readonly R[], parts: TableParts<R>): Table {
  const { caption, columns, stacks, sentences, lead, step } = parts
  return {
    caption,
    columns: columns.map(({ value: _, ...column }) => column),
    rows: rows.map((row) => ({
      values: columns.map(({ value }) => value(row)),
      said: sentences?.of(row) ?? [],
      stacks: stacks?.of(row) ?? [],
      step: step?.(row),
    })),
    stacks: stacks?.heading,
    sentencesOnly: sentences?.only ?? false,
    lead,
  }
}

/** A column of text. */
export function text<R>(heading: string, value: (row: R) => Value): Column<R> {
  return { heading, value, align: 'left' }
}

/** A column of names. */
export function names<R>(heading: string, name: (row: R) => string): Column<R> {
  return { heading, value: (row) => ({ name: name(row) }), align: 'left' }
}

/** A column of numbers. */
export function numbers<R>(heading: string, value: (row: R) => Value): Column<R> {
  return { heading, value, align: 'right' }
}
