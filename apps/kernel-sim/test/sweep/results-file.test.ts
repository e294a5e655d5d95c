import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../src/input-error.js'
import type { Result } from '../../src/sweep/job.js'
import { ResultsFile, readResults } from '../../src/sweep/results-file.js'

const result = (id: string, why = 'ä'): Result => ({
  id,
  verdict: 'safe',
  figures: { states: 1 },
  why,
  seconds: 1,
  by: 'here/1',
})

describe('a results file', () => {
  let folder = ''
  let file = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kernel-sim-results-'))
    file = join(folder, 'results.jsonl')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** A file with two results. */
  function written(): ResultsFile {
    rmSync(file, { force: true })
    const results = new ResultsFile(file)
    results.append([result('a'), result('b')])
    results.close()
    return results
  }

  it('keeps each result once, whoever brings it again', () => {
    const { sweep } = written()
    const again = new ResultsFile(file)
    expect(again.sweep).toBe(sweep)
    const fresh = again.append([result('b', 'other'), result('c'), result('c')])
    expect(fresh.map(({ id }) => id)).toEqual(['c'])
    expect(again.append([result('a')])).toEqual([])
    again.close()
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(5)
    expect(readResults(file)?.results.get('b')?.why).toBe('ä')
  })

  it('goes on wherever its last write was torn', () => {
    written()
    const whole = readFileSync(file)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (length) => {
        writeFileSync(file, whole.subarray(0, length))
        const there = whole.subarray(0, length).toString('latin1').split('\n').length - 1
        const results = new ResultsFile(file)
        expect(results.results.size).toBe(Math.max(0, there - 1))
        expect(results.torn > 0).toBe(length > 0 && whole[length - 1] !== 10)
        results.append([result('a'), result('b')])
        results.close()
        expect([...(readResults(file)?.results.keys() ?? [])]).toEqual(['a', 'b'])
        expect(readResults(file)?.torn).toBe(0)
      }),
    )
  })

  it('is refused when it is something else, or damaged in its midst', () => {
    for (const [text, sentence] of [
      ['dear diary\n', /does not hold results of a sweep/],
      ['{"format":"kernel-sim-sweep-results","version":9,"sweep":"x"}\n', /is of version 9/],
    ] as const) {
      writeFileSync(file, text)
      expect(() => new ResultsFile(file)).toThrow(sentence)
      expect(readFileSync(file, 'utf8')).toBe(text)
    }
    written()
    appendFileSync(file, 'null\n{"id":"c"}\n')
    expect(() => readResults(file)).toThrow(InputError)
    expect(() => readResults(file)).toThrow(/results\.jsonl, line 4: this is not a result/)
    expect(readResults(join(folder, 'none'))).toBeUndefined()
    expect(() => new ResultsFile(join(folder, 'no', 'folder'))).toThrow(
      /cannot be written: there is no such file or folder/,
    )
  })
})
