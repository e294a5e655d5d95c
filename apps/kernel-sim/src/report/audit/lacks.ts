/** Lacks: which kinds of events a recording has none of, what cannot be said without them, and how to record them. */
import type { AuditFacts } from '../../audit/audit.js'
import type { EventName } from '../../trace/event.js'
import type { Reading } from '../../trace/read/read-trace.js'

interface Kind {
  readonly events: readonly EventName[]
  /** What a recording without them lacks, and does not tell. */
  readonly what: string
  readonly tells: string
}

/** Kinds that every load has. What happens in some only, such as reclaim, may not have happened. */
const KINDS: readonly Kind[] = [
  {
    events: ['kmalloc', 'kmem_cache_alloc'],
    what: 'requests for memory (kmem:kmalloc, kmem:kmem_cache_alloc)',
    tells: 'who asks for what, and in which scope',
  },
  {
    events: ['mm_page_alloc'],
    what: 'page allocations (kmem:mm_page_alloc)',
    tells: 'what the kernel made of a request',
  },
  {
    events: ['workqueue_queue_work'],
    what: 'queueing of work items (workqueue:workqueue_queue_work)',
    tells: 'who delegates to whom',
  },
  {
    events: ['workqueue_execute_start'],
    what: 'executions of work items (workqueue:workqueue_execute_start)',
    tells: 'what workers do for others',
  },
]

/** How a recording of each format is made with all of it. */
const COMMANDS: Readonly<Record<Reading['format'], string>> = {
  ndjson: 'kernel-sim record --run',
  ftrace:
    'trace-cmd record -T -e kmem:kmalloc -e kmem:kmem_cache_alloc -e kmem:mm_page_alloc -e workqueue -e vmscan',
  'trace.dat':
    'trace-cmd record -T -e kmem:kmalloc -e kmem:kmem_cache_alloc -e kmem:mm_page_alloc -e workqueue -e vmscan',
  perf: "perf record -a -g -e 'kmem:kmalloc,kmem:kmem_cache_alloc,kmem:mm_page_alloc,workqueue:*,vmscan:*'",
  several: 'kernel-sim record --run',
}

/** Returns true if the recording has an event of a kind. */
function has({ events }: Pick<AuditFacts, 'events'>, kinds: readonly EventName[]): boolean {
  return kinds.some((kind) => (events[kind] ?? 0) > 0)
}

/** What is not there, and a command that records it; nothing where all of it is. */
export function lacksOf(format: Reading['format'], facts: AuditFacts): string[] {
  const missing = KINDS.filter(({ events }) => !has(facts, events))
  const said = missing.map(({ what, tells }) => `no ${what}, which tell ${tells}`)
  if (facts.withStack === 0) said.push('no stacks, which tell the callers, and many scopes')
  if (said.length === 0) return []
  return [`The recording has ${said.join('; ')}. To record all of it: ${COMMANDS[format]}`]
}
