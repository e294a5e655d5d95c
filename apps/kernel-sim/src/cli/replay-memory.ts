/** `kernel-sim replay-memory`: feeds the page events of a recording through the page allocator. */
import { type Command, InvalidArgumentError } from 'commander'
import { InputError } from '../input-error.js'
import { PageLog } from '../replay-memory/page-log.js'
import { replayMemory } from '../replay-memory/replay-memory.js'
import { pageText } from '../report/form/text.js'
import { memoryJson } from '../report/memory/json.js'
import { memoryPage } from '../report/memory/page.js'
import { memoryReport } from '../report/memory/report.js'
import { readTrace } from '../trace/read/read-trace.js'
import type { Source } from '../trace/read/source.js'
import { EXIT } from './exit-status.js'
import { Progress } from './progress.js'
import { noProgressOption, progressOption } from './progress-options.js'
import { openExample, openSource } from './read-audit.js'

interface Options {
  readonly example?: true
  readonly json?: true
  readonly samples: number
  readonly progress?: boolean
}

const DETAILS = `
TRACE is a recording by kernel-sim's recorder (NDJSON), a trace.dat of trace-cmd, or the text of
ftrace, trace-cmd report or perf script. It may be compressed with gzip or zstd. - is standard
input. Its events mm_page_alloc and mm_page_free are replayed, which takes 31 bytes of memory for
each. Its events mm_page_alloc_extfrag and mm_compaction_*, if it has any, are held against the
fallbacks and the compaction of the model; those of reclaim and their stacks tell of memory
cgroups. kernel-sim record --pages records all of them.

Exit status: 0 when the model served all that the kernel served; 1 when it did not; 2 when TRACE
cannot be read, is not a recording, or has no page events.

Examples:
  kernel-sim replay-memory --example
  kernel-sim replay-memory trace.ndjson.gz --json --samples 100 > memory.json`

export function replayMemoryCommand(program: Command): void {
  program
    .command('replay-memory')
    .summary('feed the page events of a recording through the page allocator and compare')
    .description(
      'Feeds the page allocations and frees of a recording through the page allocator of this package, ' +
        'which decides itself where pages are. Compares its free blocks with those that the recording ' +
        'implies, and says where they differ and why.',
    )
    .argument('[TRACE]', 'the recording, or - for standard input')
    .option('--example', 'read the recording that comes with kernel-sim: XFS on Linux 6.18')
    .option('--json', 'print the report as JSON (schema: schemas/replay-memory.schema.json)')
    .option('--samples <n>', 'compare n times, evenly spread over the events', samples, 10)
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(path: string | undefined, options: Options): Promise<void> {
  const source = await open(path, options)
  const progress = new Progress(process.stderr, options.progress)
  const log = new PageLog()
  const reading = await readTrace(
    source,
    (event) => log.add(event),
    ({ read, size }) => progress.show(read, size),
  ).finally(() => progress.done())
  if (log.length === 0) {
    throw new InputError(
      `${source.name} has no page events: record kmem:mm_page_alloc and kmem:mm_page_free (kernel-sim record --pages)`,
    )
  }
  const report = memoryReport(reading, replayMemory(log, options.samples))
  process.stdout.write(options.json ? memoryJson(report) : pageText(memoryPage(report)))
  if (!report.agrees) process.exitCode = EXIT.found
}

async function open(path: string | undefined, { example }: Options): Promise<Source> {
  if (example) {
    if (path !== undefined) throw new InputError('give either --example or a TRACE, not both')
    return await openExample()
  }
  if (path === undefined) {
    throw new InputError('no TRACE given. Try: kernel-sim replay-memory --example')
  }
  return await openSource(path)
}

function samples(text: string): number {
  const count = Number(text)
  if (!/^\d{1,6}$/.test(text) || count < 1) {
    throw new InvalidArgumentError('It takes a whole number from 1 to 999999.')
  }
  return count
}
