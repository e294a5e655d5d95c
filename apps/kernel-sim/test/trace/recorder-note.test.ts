import { describe, expect, it } from 'vitest'
import { read, Trace } from '../audit/trace.js'

const header = (fields: object) =>
  `${JSON.stringify({ recorder: 'kernel-sim', version: 1, kernel: 'Linux 6.18', command: 'c', ...fields })}\n`
const trailer = (fields: object) =>
  `${JSON.stringify({ recorder: 'kernel-sim', events: 1, lost: 2, skipped: 3, ...fields })}\n`
const event = new Trace().kmalloc().text

describe('what a recorder says of its recording', () => {
  it('is told, and is no event and no damage', async () => {
    const { reading } = await read(header({}) + event + trailer({}))
    expect(reading).toMatchObject({ events: 1, damaged: 0, blank: 0, lost: 2 })
    expect(reading.recorders).toEqual([
      { kernel: 'Linux 6.18', command: 'c', events: 1, lost: 2, skipped: 3 },
    ])
  })

  it('is told of each recording, of a cut one too, and of one without a beginning', async () => {
    const joined = header({}) + event + header({ command: 'd' }) + event + trailer({ skipped: -1 })
    const { reading } = await read(joined)
    expect(reading.recorders).toMatchObject([
      { command: 'c', events: undefined },
      { command: 'd', events: 1, skipped: undefined },
    ])
    const headless = await read((event + trailer({})).repeat(2))
    expect(headless.reading.recorders).toMatchObject([{ kernel: '' }, { kernel: '' }])
  })

  it('is told of 64 recordings at most, but all losses count', async () => {
    const recordings = Array.from(
      { length: 70 },
      (_, i) => header({ command: String(i) }) + event + trailer({ events: i }),
    )
    const { reading } = await read(recordings.join(''))
    expect(reading.recorders).toHaveLength(64)
    expect(reading.recorders[63]).toMatchObject({ command: '63', events: 63 })
    expect(reading.lost).toBe(140)
  })

  it.each([
    ['an unknown recorder', header({ recorder: 'x' })],
    ['another version', header({ version: 2 })],
    ['a kernel that is no name', header({ kernel: 7 })],
    ['a command that is none', header({ command: null })],
    ['a count that is none', trailer({ events: -1 })],
    ['losses that are no count', trailer({ lost: '2' })],
    ['skips that are no count', trailer({ skipped: -2 })],
  ])('is damaged with %s', async (_, line) => {
    const { reading } = await read(line + event)
    expect(reading).toMatchObject({ events: 1, damaged: 1, lost: 0, recorders: [] })
    expect(reading.damage).toMatchObject([{ kind: 'invalid' }])
  })
})
