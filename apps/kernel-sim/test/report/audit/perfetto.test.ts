/** The trace of a recording for Perfetto, decoded by a library that knows nothing of its writer. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Audit } from '../../../src/audit/audit.js'
import { Timeline } from '../../../src/audit/timeline.js'
import { auditPerfetto } from '../../../src/report/audit/perfetto.js'
import { NOFS, read, Trace } from '../../audit/trace.js'
import { brokenRules, packetsOf } from '../form/track-events.js'

interface Decoded {
  readonly tracks: Map<number, string>
  /** Slices as `track: name from-to`, and what flows lead from where to where. */
  readonly slices: string[]
  readonly flows: string[]
}

async function decoded(bytes: Uint8Array | string): Promise<Decoded> {
  const timeline = new Timeline()
  const audit = new Audit({ timeline })
  for (const event of (await read(bytes)).events) audit.add(event)
  const packets = packetsOf(auditPerfetto('t', timeline))
  expect(brokenRules(packets)).toEqual([])
  const tracks = new Map<number, string>()
  const open = new Map<number, { name: string; from: number }[]>()
  const slices: string[] = []
  const begins = new Map<number, string>()
  const flows: string[] = []
  let before = 0
  for (const { timestamp = 0, track_descriptor: track, track_event: event } of packets) {
    if (track !== undefined) {
      tracks.set(track.uuid, track.name ?? track.process?.process_name ?? '')
    }
    if (event === undefined) continue
    expect(timestamp).toBeGreaterThanOrEqual(before)
    before = timestamp
    const stack = open.get(event.track_uuid) ?? []
    open.set(event.track_uuid, stack)
    if (event.type === 1) {
      stack.push({ name: event.name ?? '', from: timestamp })
      for (const flow of event.flow_ids ?? []) begins.set(flow, event.name ?? '')
      for (const flow of event.terminating_flow_ids ?? []) {
        flows.push(`${begins.get(flow)} -> ${tracks.get(event.track_uuid)}`)
      }
    } else {
      const { name = '', from = 0 } = stack.pop() ?? {}
      expect(timestamp).toBeGreaterThan(from)
      slices.push(`${tracks.get(event.track_uuid)}: ${name} ${from}-${timestamp}`)
    }
  }
  expect([...open.values()].flat()).toEqual([])
  return { tracks, slices, flows }
}

describe('the trace of a recording', () => {
  it('has what each task did, in it what was inside, its scopes, and arrows from queue to execution', async () => {
    const { slices, flows } = await decoded(
      new Trace()
        .queue('0x1', 'push', { fl: NOFS })
        .kmalloc()
        .start('0x1', 'push')
        .event('mm_vmscan_memcg_reclaim_begin', {
          pid: 7,
          comm: 'kworker/0:1',
          order: 0,
          gfp: 0xc40,
        })
        .event('mm_shrink_slab_start', {
          pid: 7,
          comm: 'kworker/0:1',
          shrink: 'scan',
          nr: 1,
          items: 1,
          gfp: 0xc40,
          prio: 1,
        })
        .event('mm_vmscan_memcg_reclaim_end', { pid: 7, comm: 'kworker/0:1', nr_reclaimed: 3 })
        .end('0x1', 'push').text,
    )
    expect(slices).toEqual([
      'queues: push 0-1',
      'scope: NOFS 0-1000',
      // It lost its end: it ends with what it is in.
      'kworker/0:1-7: shrinks scan 4000-5000',
      'kworker/0:1-7: memcg reclaim 3000-5001',
      'kworker/0:1-7: push 2000-6000',
    ])
    expect(flows).toEqual(['push -> kworker/0:1-7'])
  })

  it('nests at any rate: in all of a real recording, whose clock is coarse', async () => {
    const data = readFileSync(new URL('../../data/reclaim.ndjson.gz', import.meta.url))
    const { slices, tracks } = await decoded(data)
    expect(slices.length).toBeGreaterThan(100)
    expect([...tracks.values()]).toContain('scope')
    const text = readFileSync(new URL('../../data/ftrace.txt.gz', import.meta.url))
    expect((await decoded(text)).flows.length).toBeGreaterThan(10)
  })

  it('keeps spans up to a limit, and counts the others', () => {
    const timeline = new Timeline()
    const event = {
      line: 1,
      cpu: 0,
      pid: 7,
      comm: 'w',
      taskFlags: 0,
      flagsFrom: 'recorded',
      stack: undefined,
      interrupt: false,
    } as const
    for (let i = 0; i < 100_050; i++) {
      for (const name of ['workqueue_execute_start', 'workqueue_execute_end'] as const) {
        timeline.add({ ...event, time: i, event: name, work: '0x1', fn: 'f' })
      }
      timeline.add({
        ...event,
        time: i,
        event: 'workqueue_queue_work',
        work: '0x1',
        fn: 'f',
        workqueue: 'q',
      })
    }
    expect(timeline.left).toBe(100)
  })
})
