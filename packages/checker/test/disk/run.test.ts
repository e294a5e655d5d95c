import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cursor, findIn, mergeRuns, type Run, runFile } from '../../src/node/disk/run.js'
import { Sorter } from '../../src/node/disk/sorter.js'
import { distinctRows, inOrder, keyed } from './rows.js'

const WORDS = 2
let folder = ''
let files = 0
const next = () => join(folder, `${files++}`)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'checker-run-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function runOf(rows: readonly number[][]): Run {
  const file = runFile(next(), { count: rows.length, words: WORDS })
  const words = Int32Array.from(rows.map(keyed).sort(inOrder).flat())
  file.append(words, 0, words.length)
  file.seal()
  return { file, count: rows.length, words: WORDS }
}

function contents(run: Run): number[] {
  const cursor = new Cursor(run)
  const words: number[] = []
  while (cursor.advance()) words.push(...cursor.buffer.subarray(0, cursor.filled))
  return words
}

/** So few bytes that a run takes many reads. */
const FEW = 24

describe('a run', () => {
  it('says which of some rows it has', () => {
    fc.assert(
      fc.property(distinctRows(WORDS), fc.array(fc.nat(3), { minLength: 100 }), (rows, where) => {
        // Some are in the run alone, some are looked for alone, some are both.
        const held = rows.filter((_, at) => where[at] !== 0)
        const wanted = rows.filter((_, at) => (where[at] as number) < 2)
        const run = runOf(held)
        const sorter = new Sorter()
        sorter.sort(Int32Array.from(wanted.flat()), wanted.length, WORDS)
        const known = new Uint8Array(wanted.length)
        findIn(run, { sorted: sorter, count: wanted.length, known }, FEW)
        expect([...known]).toEqual(wanted.map((row) => (held.includes(row) ? 1 : 0)))
        run.file.remove()
      }),
      { numRuns: 60 },
    )
  })

  it('is merged with another one', () => {
    fc.assert(
      fc.property(
        distinctRows(WORDS),
        fc.array(fc.boolean(), { minLength: 100 }),
        (rows, where) => {
          const one = runOf(rows.filter((_, at) => where[at]))
          const other = runOf(rows.filter((_, at) => !where[at]))
          const merged = mergeRuns([one, other], next(), FEW)
          expect(merged.count).toBe(rows.length)
          expect(contents(merged)).toEqual(rows.map(keyed).sort(inOrder).flat())
          for (const { file } of [one, other, merged]) file.remove()
        },
      ),
      { numRuns: 60 },
    )
  })
})
