/** Trace: builds recordings for tests, event by event, and audits them. */
import { Readable } from 'node:stream'
import { Audit, type AuditFacts } from '../../src/audit/audit.js'
import type { RequestStack } from '../../src/audit/request-stacks.js'
import type { TraceEvent } from '../../src/trace/event.js'
import { type Reading, readTrace } from '../../src/trace/read/read-trace.js'
import { Source } from '../../src/trace/read/source.js'

export const NOFS = 0x40000
export const NOIO = 0x80000
export const MEMALLOC = 0x800

export const GFP_KERNEL = 0xcc0
export const GFP_NOFS = 0xc40
export const GFP_NOIO = 0xc00

type Fields = Readonly<Record<string, unknown>>

/** What is the same in all events unless a test says otherwise. */
const COMMON = { cpu: 0, pid: 100, comm: 'wl-test', fl: 0 }

/** A recording that a test writes. Every event is a microsecond after the one before. */
export class Trace {
  readonly lines: string[] = []
  #time = 1_000_000

  /** Adds an event with the fields given. */
  event(ev: string, fields: Fields = {}): this {
    this.#time += 1000
    this.lines.push(JSON.stringify({ ts: this.#time, ...COMMON, ev, ...fields }))
    return this
  }

  kmalloc(fields: Fields = {}): this {
    return this.event('kmalloc', {
      site: 'user',
      req: 64,
      alloc: 64,
      gfp: GFP_KERNEL,
      node: -1,
      st: '__kmalloc_noprof+100;user+5;do_syscall_64+1',
      ...fields,
    })
  }

  cacheAlloc(fields: Fields = {}): this {
    return this.event('kmem_cache_alloc', {
      site: 'user',
      cache: 'thing',
      req: 64,
      alloc: 64,
      gfp: GFP_KERNEL,
      node: -1,
      acct: 0,
      st: 'kmem_cache_alloc_noprof+100;user+5;do_syscall_64+1',
      ...fields,
    })
  }

  /** A page for a slab that serves a `cacheAlloc` with the same outer frames. */
  slabPage(fields: Fields = {}): this {
    return this.event('mm_page_alloc', {
      pfn: 4711,
      order: 0,
      gfp: 0x52cc0,
      mt: 0,
      st: '__alloc_frozen_pages_noprof+1;allocate_slab+2;___slab_alloc+3;kmem_cache_alloc_noprof+90;user+5;do_syscall_64+1',
      ...fields,
    })
  }

  queue(work: string, fn: string, fields: Fields = {}): this {
    return this.event('workqueue_queue_work', {
      work,
      fn,
      wq: 'events',
      req_cpu: 0,
      to_cpu: 0,
      st: '__queue_work+1;queue_work_on+2;user+5',
      ...fields,
    })
  }

  arm(work: string, fields: Fields = {}): this {
    return this.event('delayed_work_arm', {
      work,
      delay_j: 10,
      st: 'queue_delayed_work_on+1;user+5',
      ...fields,
    })
  }

  start(work: string, fn: string, fields: Fields = {}): this {
    return this.event('workqueue_execute_start', {
      pid: 7,
      comm: 'kworker/0:1',
      work,
      fn,
      ...fields,
    })
  }

  end(work: string, fn: string, fields: Fields = {}): this {
    return this.event('workqueue_execute_end', { pid: 7, comm: 'kworker/0:1', work, fn, ...fields })
  }

  /** Time goes on from here, in ns. */
  at(time: number): this {
    this.#time = time
    return this
  }

  get text(): string {
    return this.lines.map((line) => `${line}\n`).join('')
  }

  /** What an audit of it finds. */
  async facts(): Promise<AuditFacts> {
    return (await auditOf(this.text)).facts
  }
}

/** Reads bytes as a recording, in chunks of any size. */
export async function read(
  bytes: Uint8Array | string,
  chunk = 1 << 16,
): Promise<{ reading: Reading; events: TraceEvent[] }> {
  const events: TraceEvent[] = []
  const reading = await readTrace(sourceOf(bytes, chunk), (event) => events.push(event))
  return { reading, events }
}

/** Audits bytes as a recording. */
export async function auditOf(
  bytes: Uint8Array | string,
): Promise<{ reading: Reading; facts: AuditFacts; stacks: RequestStack[] }> {
  const audit = new Audit()
  const reading = await readTrace(
    sourceOf(bytes, 1 << 16),
    (event) => audit.add(event),
    () => {},
    (kernel) => audit.kernel(kernel),
  )
  return { reading, facts: audit.facts(), stacks: audit.stacks() }
}

function sourceOf(bytes: Uint8Array | string, chunk: number): Source {
  const buffer = Buffer.from(bytes)
  const chunks = function* () {
    for (let at = 0; at < buffer.length; at += chunk) yield buffer.subarray(at, at + chunk)
  }
  return Source.stream('test.ndjson', Readable.from(chunks(), { objectMode: true }))
}
