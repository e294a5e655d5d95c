/** What a warning about a flush means: an item of a queue that must go on under memory pressure waits for one that need not. */
import type { FlushFound } from '../report/report.js'
import { functionsOf } from '../report/stack-lines.js'
import { type Explained, startOf } from './explained.js'
import { flusherOn, waitForWorkOn } from './facts/delegation.js'
import { FIXES } from './facts/fixes.js'
import { isReclaimQueue, itemFact } from './facts/work-items.js'

export function explainFlush(found: FlushFound): Explained {
  const { from, to, stack, reporter, first } = found
  const functions = stack === undefined ? [] : functionsOf(stack)
  const how = waitForWorkOn(functions)
  const item = itemFact(to.fn)
  const waiter = from.queue === undefined ? `${from.fn} (PF_MEMALLOC)` : `${from.queue}: ${from.fn}`
  const by = flusherOn(functions)
  const needed = from.queue === undefined || isReclaimQueue(from.queue)
  const verdict = how === 'cancel' ? 'harmless' : how === undefined ? 'cannot-tell' : 'deadlock'
  const queueLine = first
  const flushLine = lineOf(found)
  return {
    ...startOf(found),
    kind: 'flush-dependency',
    verdict,
    confidence:
      verdict === 'cannot-tell'
        ? 'low'
        : verdict === 'harmless'
          ? item?.allocates === false
            ? 'high'
            : 'medium'
          : needed && item?.allocates
            ? 'high'
            : needed
              ? 'medium'
              : 'low',
    summary: `${waiter} ${how === 'cancel' ? 'cancels and waits for' : 'waits for'} ${to.fn} on ${to.queue}, a queue without a rescuer.`,
    tasks: [
      {
        comm: reporter.comm ?? (from.queue === undefined ? from.fn : 'kworker'),
        ...(reporter.pid === undefined ? {} : { pid: reporter.pid }),
        does: `${how === 'cancel' ? 'cancels' : 'flushes'} ${to.fn}`,
        ...(from.queue === undefined ? {} : { work: `${from.queue}: ${from.fn}` }),
        line: first,
        stack: stack?.frames ?? [],
      },
    ],
    locks: [],
    chain: [
      {
        what: waiter,
        how: `${how === 'cancel' ? 'waits for a running' : 'waits for'} ${to.fn}${by === undefined ? '' : `, in ${by}`}`,
        line: flushLine,
        stack: stack?.frames ?? [],
      },
      {
        what: `${to.queue}: ${to.fn}`,
        how:
          how === 'cancel'
            ? 'runs already, on a worker that it has'
            : 'may need a worker, which takes memory to create',
        line: queueLine,
        stack: [],
      },
    ],
    closed: false,
    reasons: reasonsOf(found, { how, needed, by }),
    decides:
      how === undefined
        ? ['The stack below the warning: whether it flushes, or cancels.']
        : item === undefined
          ? [
              `Whether ${to.fn} allocates, or takes a lock under which somebody does: a trace, or its source.`,
            ]
          : [],
    fixes:
      how === 'cancel'
        ? [FIXES.cancelQuiet, ...(needed ? [] : [FIXES.noRescuer])]
        : needed
          ? [FIXES.rescuer]
          : [FIXES.noRescuer, FIXES.rescuer],
    ...(by === undefined
      ? {}
      : { place: { fn: by, caller: callerOf(functions, by), line: flushLine } }),
    lines: flushLine === queueLine ? [queueLine] : [queueLine, flushLine],
  }
}

function reasonsOf(
  { from, to }: FlushFound,
  {
    how,
    needed,
    by,
  }: { how: 'flush' | 'cancel' | undefined; needed: boolean; by: string | undefined },
): string[] {
  const item = itemFact(to.fn)
  const known =
    item === undefined
      ? `Whether ${to.fn} allocates is not known here.`
      : `${to.fn} ${item.allocates ? 'allocates' : 'does not allocate'}: ${item.why}.`
  if (how === 'cancel') {
    return [
      `The stack cancels${by === undefined ? '' : ` (${by})`}: it takes the item off its queue, and waits only if the item runs already. Then it has a worker, and needs no memory to get one.`,
      known,
      ...(item?.allocates === false
        ? []
        : [
            'It is harmless as long as the item does not itself wait for memory that reclaim must free.',
          ]),
    ]
  }
  return [
    how === undefined
      ? 'The stack does not show whether the item is flushed or cancelled.'
      : `The stack flushes${by === undefined ? '' : ` (${by})`}: an item that has not started needs a worker, and ${to.queue} has no rescuer, so that under memory pressure none may come.`,
    known,
    from.queue === undefined
      ? 'The task that waits is one that frees memory (PF_MEMALLOC).'
      : needed
        ? `${from.queue} is a queue that memory reclaim waits for: ${to.queue} needs WQ_MEM_RECLAIM for this item, or the item a queue of its own.`
        : `${from.queue} is not known as a queue that memory reclaim waits for: either it should not have WQ_MEM_RECLAIM, or the item needs a queue that has.`,
  ]
}

function callerOf(functions: readonly string[], fn: string): string {
  return functions[functions.indexOf(fn) + 1] ?? '?'
}

function lineOf({ stack, first }: FlushFound): number {
  if (stack === undefined) return first
  const at = stack.frames.findIndex(
    ({ fn, unsure }) => !unsure && /flush|cancel/.test(fn) && !/check_flush/.test(fn),
  )
  return stack.lines[at] ?? first
}
