/**
 * Events: what the recorder records of each tracepoint. The script that bpftrace runs and the converter of its output are both
 * made of this table, so that they agree. Field names are those of the NDJSON format (README); expressions are
 * bpftrace's, for Linux 6.1 and later. Values that can hold anything come last in a line, text before them is a symbol.
 */

import { COMPACTION_TRACEPOINTS, type CompactionField } from '../trace/compaction-tracepoints.js'

/** A value of an event. */
export interface RecordedField {
  readonly name: string
  /** `number` as JSON has them, `address` a hexadecimal string, `symbol` a kernel function, `text` anything. */
  readonly type: 'number' | 'address' | 'symbol' | 'text'
  /** What bpftrace evaluates, and how it prints it. */
  readonly expression: string
  readonly format: string
}

export interface RecordedEvent {
  /** As the NDJSON format calls it. */
  readonly event: string
  /** `category:name`. */
  readonly tracepoint: string
  readonly fields: readonly RecordedField[]
  readonly stack: boolean
  /** When it is recorded of the tasks that are looked at; always, if missing. */
  readonly condition?: string
  /**
   * Of whom: of the `tasks` that are looked at; of `all`; or of tasks, and of the others without saying who they are, so that the
   * item that they queue is known to be theirs.
   */
  readonly of: 'tasks' | 'all' | 'tasks-and-anonymous'
  /** Recorded only when pages are: they are many, and only a replay of memory has a use for them. */
  readonly ofPages?: true
}

const number = (name: string, expression: string, format = '%llu'): RecordedField => ({
  name,
  type: 'number',
  expression,
  format,
})
const signed = (name: string, expression: string): RecordedField => number(name, expression, '%d')
const symbol = (name: string, address: string): RecordedField => ({
  name,
  type: 'symbol',
  expression: `ksym(${address})`,
  format: '%s',
})
const text = (name: string, expression: string): RecordedField => ({
  name,
  type: 'text',
  expression: `str(${expression})`,
  format: '%s',
})
const address = (name: string, expression: string): RecordedField => ({
  name,
  type: 'address',
  expression,
  format: '0x%llx',
})

/** The events of compaction: whoever compacts moves pages of all. */
const COMPACTION = Object.entries(COMPACTION_TRACEPOINTS).map(
  ([event, fields]: [string, readonly CompactionField[]]): RecordedEvent => ({
    event,
    tracepoint: `compaction:${event}`,
    fields: fields.map(({ field, type }) =>
      type === 'gfp' || field.startsWith('nr_')
        ? number(field, `args->${field}`)
        : signed(field, `args->${field}`),
    ),
    stack: false,
    of: 'all',
    ofPages: true,
  }),
)

const REQUEST = [
  number('req', 'args->bytes_req'),
  number('alloc', 'args->bytes_alloc'),
  number('gfp', 'args->gfp_flags'),
  signed('node', 'args->node'),
  symbol('site', 'args->call_site'),
]
const WORK = [address('work', '(uint64)args->work'), symbol('fn', 'args->function')]
const RECLAIM_BEGIN = [signed('order', 'args->order'), number('gfp', 'args->gfp_flags')]
const RECLAIM_END = [number('nr_reclaimed', 'args->nr_reclaimed')]

/** PF_MEMALLOC_NOFS | PF_MEMALLOC_NOIO: the same in all kernels from 4.12 on (include/linux/sched.h). */
const RESTRICTED = '0xc0000'

export const RECORDED_EVENTS: readonly RecordedEvent[] = [
  {
    event: 'kmalloc',
    tracepoint: 'kmem:kmalloc',
    fields: REQUEST,
    stack: true,
    of: 'tasks',
  },
  {
    event: 'kmem_cache_alloc',
    tracepoint: 'kmem:kmem_cache_alloc',
    fields: [...REQUEST, number('acct', 'args->accounted', '%d'), text('cache', 'args->name')],
    stack: true,
    of: 'tasks',
  },
  {
    event: 'mm_page_alloc',
    tracepoint: 'kmem:mm_page_alloc',
    fields: [
      number('pfn', 'args->pfn'),
      signed('order', 'args->order'),
      number('gfp', 'args->gfp_flags'),
      signed('mt', 'args->migratetype'),
    ],
    stack: true,
    of: 'tasks',
  },
  {
    event: 'workqueue_queue_work',
    tracepoint: 'workqueue:workqueue_queue_work',
    fields: [...WORK, text('wq', 'args->workqueue')],
    stack: true,
    of: 'tasks-and-anonymous',
  },
  {
    event: 'delayed_work_arm',
    tracepoint: 'timer:timer_start',
    condition: 'args->function == kaddr("delayed_work_timer_fn")',
    // struct delayed_work begins with its work_struct, and the timer follows (include/linux/workqueue.h).
    fields: [
      address('work', '(uint64)args->timer - sizeof(struct work_struct)'),
      number('delay_j', 'args->expires - args->now'),
    ],
    stack: true,
    of: 'tasks',
  },
  {
    event: 'workqueue_execute_start',
    tracepoint: 'workqueue:workqueue_execute_start',
    fields: WORK,
    stack: false,
    of: 'all',
  },
  {
    event: 'workqueue_execute_end',
    tracepoint: 'workqueue:workqueue_execute_end',
    fields: WORK,
    stack: false,
    of: 'all',
  },
  {
    event: 'mm_vmscan_direct_reclaim_begin',
    tracepoint: 'vmscan:mm_vmscan_direct_reclaim_begin',
    fields: RECLAIM_BEGIN,
    stack: true,
    of: 'tasks',
  },
  {
    event: 'mm_vmscan_direct_reclaim_end',
    tracepoint: 'vmscan:mm_vmscan_direct_reclaim_end',
    fields: RECLAIM_END,
    stack: false,
    of: 'tasks',
  },
  {
    event: 'mm_vmscan_memcg_reclaim_begin',
    tracepoint: 'vmscan:mm_vmscan_memcg_reclaim_begin',
    fields: RECLAIM_BEGIN,
    stack: true,
    of: 'tasks',
  },
  {
    event: 'mm_vmscan_memcg_reclaim_end',
    tracepoint: 'vmscan:mm_vmscan_memcg_reclaim_end',
    fields: RECLAIM_END,
    stack: false,
    of: 'tasks',
  },
  {
    event: 'mm_vmscan_kswapd_wake',
    tracepoint: 'vmscan:mm_vmscan_kswapd_wake',
    fields: [signed('nid', 'args->nid'), signed('order', 'args->order')],
    stack: false,
    of: 'all',
  },
  {
    event: 'mm_vmscan_kswapd_sleep',
    tracepoint: 'vmscan:mm_vmscan_kswapd_sleep',
    fields: [signed('nid', 'args->nid')],
    stack: false,
    of: 'all',
  },
  {
    event: 'mm_shrink_slab_start',
    tracepoint: 'vmscan:mm_shrink_slab_start',
    fields: [
      number('nr', 'args->nr_objects_to_shrink', '%lld'),
      number('items', 'args->cache_items'),
      number('gfp', 'args->gfp_flags'),
      signed('prio', 'args->priority'),
      symbol('shrink', '(uint64)args->shrink'),
    ],
    stack: false,
    of: 'tasks',
  },
  {
    event: 'sched_switch',
    tracepoint: 'sched:sched_switch',
    // Asleep, not preempted (TASK_REPORT_MAX, fs/proc and include/trace/events/sched.h), and inside a scope.
    condition: `(curtask->flags & ${RESTRICTED}) && (args->prev_state & 0xff)`,
    fields: [number('prev_state', 'args->prev_state', '%lld')],
    stack: true,
    of: 'tasks',
  },
  {
    event: 'mm_shrink_slab_end',
    tracepoint: 'vmscan:mm_shrink_slab_end',
    fields: [signed('ret', 'args->retval'), symbol('shrink', '(uint64)args->shrink')],
    stack: false,
    of: 'tasks',
  },
  {
    event: 'mm_page_alloc_extfrag',
    tracepoint: 'kmem:mm_page_alloc_extfrag',
    // What the page allocator fell back to: replay-memory holds its own fallbacks against them.
    fields: [
      number('pfn', 'args->pfn'),
      signed('alloc_order', 'args->alloc_order'),
      signed('fallback_order', 'args->fallback_order'),
      signed('alloc_migratetype', 'args->alloc_migratetype'),
      signed('fallback_migratetype', 'args->fallback_migratetype'),
      signed('change_ownership', 'args->change_ownership'),
    ],
    stack: false,
    of: 'tasks',
    ofPages: true,
  },
  {
    event: 'mm_page_free',
    tracepoint: 'kmem:mm_page_free',
    fields: [number('pfn', 'args->pfn'), signed('order', 'args->order')],
    stack: false,
    // Who frees a page is often not who has had it.
    of: 'all',
    ofPages: true,
  },
  ...COMPACTION,
]
