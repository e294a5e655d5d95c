/** The demonstration: 10,000 jobs through shared pools, each under exactly its own restrictions. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

interface Tally {
  readonly looks: number
  readonly mixed: number
  readonly lost: number
  readonly left: number
  readonly done: number
  readonly failed: number
  readonly cancelled: number
}

const main = fileURLToPath(new URL('../demo/main.mjs', import.meta.url))
const rows: Record<string, Tally> = JSON.parse(
  execFileSync(process.execPath, [main, '--json'], { encoding: 'utf8' }),
)

/** The row of a way to run jobs. */
function row(name: string): Tally {
  const found = rows[name]
  if (found === undefined) throw new Error(`no row ${name}`)
  return found
}

describe('through shared pools', () => {
  it.each(['p-queue', 'p-limit', 'worker threads'])('scopemask mixes nothing up: %s', (pool) => {
    const { looks, mixed, lost, left, done, failed, cancelled } = row(`scopemask, ${pool}`)
    expect({ mixed, lost, left }).toEqual({ mixed: 0, lost: 0, left: 0 })
    expect(looks).toBeGreaterThan(10_000)
    expect(done + failed + cancelled).toBe(10_000)
    // Jobs do throw and are cancelled on the way; threads have no signal.
    expect(failed).toBeGreaterThan(500)
    if (pool !== 'worker threads') expect(cancelled).toBeGreaterThan(500)
  })

  it('AsyncLocalStorage mixes contexts up in p-queue', () => {
    const { mixed, looks } = row('AsyncLocalStorage, p-queue')
    expect(mixed).toBeGreaterThan(looks / 2)
  })

  it('AsyncLocalStorage loses contexts between event loops', () => {
    const { lost, looks } = row('AsyncLocalStorage, port')
    expect(lost).toBe(looks)
  })

  it('AsyncLocalStorage keeps contexts where a promise of the job is what is queued', () => {
    const { mixed, lost } = row('AsyncLocalStorage, p-limit')
    expect({ mixed, lost }).toEqual({ mixed: 0, lost: 0 })
  })
})
