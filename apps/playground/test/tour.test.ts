/** The tour: each stop begins unsafe, its solution passes, and what only looks like one does not. */
import { readdirSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { compiled } from '../src/page/compile.js'
import type { Stop } from '../src/tour/stops.js'
import { asked } from './engine-in-vm.js'

vi.mock('made:tour', async () => ({ texts: (await import('../tour.mjs')).tourTexts() }))
const { STOPS } = await import('../src/tour/stops.js')

/** The verdict on a text, and what it does not do any more of what a stop asks for. */
async function judged({ policy, keeps }: Stop, text: string) {
  const script = compiled(text, '')
  if (!('code' in script)) throw new Error(script.message)
  const { row, kept } = await asked('checked', {
    kind: 'check',
    script,
    policies: [policy],
    keeps: { policy, all: keeps },
  })
  return {
    verdict: row.cells[0]?.result?.verdict,
    lost: keeps.filter((_, at) => !kept[at]).map(({ says }) => says),
  }
}

/** A text with a piece of it replaced. @throws Error when it has no such piece. */
function changed(text: string, piece: string, by: string): string {
  if (!text.includes(piece)) throw new Error(`there is no ${piece}`)
  return text.replace(piece, by)
}

const stopOf = (id: string): Stop => {
  const found = STOPS.find((stop) => stop.id === id)
  if (found === undefined) throw new Error(`there is no stop ${id}`)
  return found
}

it('has eight stops, and a text for each', () => {
  expect(STOPS).toHaveLength(8)
  const folder = new URL('../stops/', import.meta.url)
  expect(STOPS.map(({ id }) => id).sort()).toEqual(readdirSync(folder).sort())
})

describe.each(STOPS)('the stop $id', (stop) => {
  it('begins unsafe, with all that has to stay', async () => {
    const { verdict, lost } = await judged(stop, stop.start)
    expect(verdict).toBe(stop.id === 'price' ? 'livelock' : 'deadlock')
    expect(lost).toEqual([])
  })

  it('is passed by its solution', async () => {
    expect(await judged(stop, stop.solved)).toEqual({ verdict: 'safe', lost: [] })
  })
})

describe('a text that is safe because something is gone', () => {
  it.each([
    [
      'reclaim-recursion',
      '      yield* kernel.kmalloc(GFP_KERNEL)\n',
      '',
      /^write still allocates/,
    ],
    [
      'reclaim-recursion',
      '__GFP_FS, function* () {\n      yield* rwsem.lock()\n      yield* rwsem.unlock()',
      '__GFP_FS, function* () {',
      /^reclaim for read still takes/,
    ],
    [
      'scopes',
      'kmalloc(GFP_KERNEL)',
      'kmalloc(GFP_KERNEL & ~__GFP_FS)',
      /^for read, kvcopy may still/,
    ],
    [
      'which-scope',
      "kernel.shrinker('swap_writepage', __GFP_IO",
      "kernel.shrinker('swap_writepage', -1",
      /^reclaim for browser/,
    ],
    ['delegation', '      yield* kernel.flushWork(push)\n', '', /^quota still waits/],
    [
      'conveying',
      "kernel.task('sync', function* () {\n      yield* kernel.queueWork(cil, push)",
      "kernel.task('sync', function* () {\n      yield* kernel.kmalloc(GFP_KERNEL)",
      /^sync still queues/,
    ],
    ['rescuers', '      yield* page.waitOnWriteback()\n', '', /^kthreadd still reclaims/],
    ['price', '      yield* kernel.kmalloc(GFP_NOFS)\n', '', /^transaction still allocates/],
    [
      'lost-wake-up',
      'while ((yield* done.get()) === 0) {\n        yield* queue.prepare()\n        yield* queue.schedule()\n      }',
      'yield* done.get()',
      /^reader still sleeps/,
    ],
  ])('does not pass %s', async (id, piece, by, lost) => {
    const stop = stopOf(id)
    const found = await judged(stop, changed(stop.start, piece, by))
    expect(found.lost).toEqual([expect.stringMatching(lost)])
  })
})

it('has more than one way out of conveying: an item that is not shared', async () => {
  const stop = stopOf('conveying')
  const own = changed(
    stop.start,
    "kernel.task('sync', function* () {\n      yield* kernel.queueWork(cil, push)",
    `const other = kernel.work('sync_work', function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    })
    kernel.task('sync', function* () {
      yield* kernel.queueWork(cil, other)`,
  )
  expect(await judged(stop, own)).toEqual({ verdict: 'safe', lost: [] })
})
