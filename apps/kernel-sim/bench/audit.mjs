/**
 * The audit of ftrace text beside two programs that do less: mawk splitting the same lines into fields, and perl taking
 * each line apart with a regular expression. One thread each, alternating rounds of one run, the whole command
 * every time: start, reading, judging, printing.
 *
 *   node audit.mjs                 200 MB made from the recording that comes with kernel-sim
 *   node audit.mjs FILE            a recording of yours
 *   node audit.mjs --megabytes 50
 *
 *   node audit.mjs trace.dat       a recording of trace-cmd, beside trace-cmd report and the audit of its text; CPU time
 *   node audit.mjs --dat           the same with 200 MB made from the recording that the tests have
 *
 * It needs mawk, perl and time (Debian: apt install mawk perl time; for a trace.dat trace-cmd), and a built kernel-sim.
 */
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { formatGfpTrace, linux6_18 } from '@scopemask/allocator'

const ROUNDS = 5
const DAT_ROUNDS = 3
const PAGE = 4096
/** How many CPUs the machine of the tests' recording had. */
const SAMPLE_CPUS = 2
const PERL = String.raw`
  my ($events, $frames, $fields) = (0, 0, 0);
  while (<>) {
    if (/^ => (\S+)/) { $frames++ }
    elsif (/^\s*(\S.*)-(\d+)\s+\[(\d+)\] (\S+)\s+(\d+\.\d+): (\w+): (.*)$/) {
      $events++;
      my %field = $7 =~ /(\w+)=(\S+)/g;
      $fields += keys %field;
    }
  }
  print "$events $frames $fields\n";`

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { megabytes: { type: 'string', default: '200' }, dat: { type: 'boolean' } },
})
const work = mkdtempSync(join(tmpdir(), 'kernel-sim-bench-'))

try {
  if (values.dat) benchDat(writeDat(join(work, 'trace.dat'), Number(values.megabytes) * 1e6))
  else if (positionals[0]?.endsWith('.dat')) benchDat(positionals[0])
  else benchText()
} finally {
  rmSync(work, { recursive: true })
}

/** The audit of a trace.dat, and its rivals: both have to be run for the same report. CPU time: user and system. */
function benchDat(file) {
  const text = join(work, 'report.txt')
  const audit = (path) =>
    [
      process.execPath,
      here('../bin/kernel-sim.js'),
      'audit',
      path,
      '--fail-on',
      'none',
      '--no-progress',
    ].join(' ')
  const programs = {
    'kernel-sim audit trace.dat': `${audit(file)} > ${join(work, 'dat.txt')}`,
    'trace-cmd report': `trace-cmd report ${file} > ${text}`,
    'kernel-sim audit of its text': `${audit(text)} > ${join(work, 'text.txt')}`,
  }
  const best = {}
  for (let round = 0; round < DAT_ROUNDS; round++) {
    for (const [name, command] of Object.entries(programs)) {
      const run = timed(['sh', '-c', command])
      if (best[name] === undefined || run.cpu < best[name].cpu) best[name] = run
    }
  }
  const [ours, report, text2] = Object.values(best)
  console.log(
    `\n${(statSync(file).size / 1e6).toFixed(1)} MB of trace.dat, best of ${DAT_ROUNDS} rounds, CPU time; its text has ${(statSync(text).size / 1e6).toFixed(0)} MB:`,
  )
  for (const [name, { cpu, megabytes }] of Object.entries(best)) {
    console.log(
      `  ${name.padEnd(30)} ${cpu.toFixed(2)} s  ${megabytes.toFixed(0).padStart(4)} MB peak`,
    )
  }
  console.log(
    `  both rivals together take ${((report.cpu + text2.cpu) / ours.cpu).toFixed(2)}x as long`,
  )
}

function benchText() {
  const file = positionals[0] ?? join(work, 'trace.txt')
  if (positionals[0] === undefined) write(file, Number(values.megabytes) * 1e6)
  const kernelSim = [here('../bin/kernel-sim.js'), 'audit', file, '--fail-on', 'none']
  const programs = {
    'kernel-sim audit': [process.execPath, ...kernelSim, '--no-progress'],
    'mawk, number of fields': ['mawk', '{ n += NF } END { print n }', file],
    'mawk, length of each field': [
      'mawk',
      '{ for (i = 1; i <= NF; i++) n += length($i) } END { print n }',
      file,
    ],
    'perl, regular expressions': ['perl', '-e', PERL, file],
  }
  const best = Object.fromEntries(Object.keys(programs).map((name) => [name, undefined]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of Object.entries(programs)) {
      const run = timed(command)
      if (best[name] === undefined || run.seconds < best[name].seconds) best[name] = run
    }
  }
  show(best, statSync(file).size)
}

function show(best, size) {
  const ours = best['kernel-sim audit']
  console.log(`\n${(size / 1e6).toFixed(0)} MB of ftrace text, best of ${ROUNDS} rounds:`)
  for (const [name, { seconds, megabytes }] of Object.entries(best)) {
    const ratio =
      name === 'kernel-sim audit'
        ? ''
        : `  kernel-sim ${(seconds / ours.seconds).toFixed(2)}x as fast`
    console.log(
      `  ${name.padEnd(28)} ${seconds.toFixed(2)} s  ${(size / 1e6 / seconds).toFixed(0).padStart(4)} MB/s  ` +
        `${megabytes.toFixed(0).padStart(4)} MB peak${ratio}`,
    )
  }
}

/** Seconds from start to end, of CPU time, and the most memory that was in use. */
function timed(command) {
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%e %U %S %M', ...command], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const [seconds, user, system, kilobytes] = stderr.trim().split('\n').at(-1).split(' ').map(Number)
  if (status !== 0) throw new Error(`${command[0]} ended with ${status}: ${stderr}`)
  return { seconds, cpu: user + system, megabytes: kilobytes / 1024 }
}

/**
 * The trace.dat that the tests have, with the pages of each CPU over and over and time going on. It is of version 6, where pages are
 * not compressed and `flyrecord` stands before a table of where those of each CPU are (trace-cmd.dat.v6(5)).
 */
function writeDat(file, size) {
  const sample = gunzipSync(readFileSync(here('../test/data/trace-v6.dat.gz')))
  const cpus = tablesOf(sample).filter(({ length }) => length > 0)
  const times = cpus.flatMap(({ offset, length }) => timesOf(sample, offset, length))
  times.sort((a, b) => (a < b ? -1 : 1))
  const span = times.at(-1) - times[0]
  const rounds = Math.ceil(size / cpus.reduce((sum, { length }) => sum + length, 0))
  const out = openSync(file, 'w')
  const head = Buffer.from(sample)
  let end = Math.ceil(head.length / PAGE) * PAGE
  for (const { entry, length } of cpus) {
    head.writeBigUInt64LE(BigInt(end), entry)
    head.writeBigUInt64LE(BigInt(length * rounds), entry + 8)
    end += length * rounds
  }
  writeSync(out, head)
  let place = Math.ceil(head.length / PAGE) * PAGE
  for (const { offset, length } of cpus) {
    for (let round = 0; round < rounds; round++) {
      const pages = Buffer.from(sample.subarray(offset, offset + length))
      for (let page = 0; page < length; page += PAGE) {
        // A second between one round and the next.
        const shift = BigInt(round) * (span + 1_000_000_000n)
        pages.writeBigUInt64LE(pages.readBigUInt64LE(page) + shift, page)
      }
      writeSync(out, pages, 0, length, place)
      place += length
    }
  }
  closeSync(out)
  return file
}

/** The entries of all tables of pages, and where in the file they stand. */
function tablesOf(sample) {
  const mark = Buffer.from('flyrecord\0')
  const entries = []
  for (let at = sample.indexOf(mark); at >= 0; at = sample.indexOf(mark, at + 1)) {
    for (let cpu = 0; cpu < SAMPLE_CPUS; cpu++) {
      const entry = at + mark.length + 16 * cpu
      const offset = Number(sample.readBigUInt64LE(entry))
      entries.push({ entry, offset, length: Number(sample.readBigUInt64LE(entry + 8)) })
    }
  }
  return entries
}

/** When each page begins. */
function timesOf(sample, offset, length) {
  return Array.from({ length: length / PAGE }, (_, page) =>
    sample.readBigUInt64LE(offset + page * PAGE),
  )
}

/** The shape of the recording that comes with kernel-sim, as ftrace text, over and over with time going on. */
function write(file, size) {
  const recording = readFileSync(here('../examples/a-xfs.ndjson.gz'))
  const events = gunzipSync(recording)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const begin = events[0].ts
  const length = events.at(-1).ts - begin + 1e6
  const out = openSync(file, 'w')
  let written = 0
  let stacks = 0
  let frames = 0
  for (let round = 0; written < size; round++) {
    let block = ''
    for (const event of events) {
      const payload = payloadOf(event)
      if (payload === undefined) continue
      const head = headOf(event, event.ts + round * length)
      block += `${head}${event.ev}: ${payload}\n`
      if (event.st !== undefined) {
        const lines = linesOf(event)
        stacks++
        frames += lines.length
        block += `${head}<stack trace>\n${lines.join('')}`
      }
      if (block.length < 1 << 20) continue
      written += writeSync(out, block)
      block = ''
      if (written >= size) break
    }
    written += writeSync(out, block)
  }
  closeSync(out)
  console.log(`${stacks} stacks, ${(frames / stacks).toFixed(1)} lines each on average`)
}

/** The six outermost frames are left out: stacks have ten lines on average then. */
function linesOf({ ev, st }) {
  const frames = st.split(';')
  const kept = frames.slice(0, Math.max(4, frames.length - 6))
  return [`trace_event_raw_event_${ev}`, ...kept].map(
    (frame) => ` => ${frame.replace(/\+.*/, '')}\n`,
  )
}

function headOf({ comm, pid, cpu }, time) {
  const seconds = (time / 1e9).toFixed(6).padStart(12)
  return `${comm.padStart(16)}-${String(pid).padEnd(7)} [${String(cpu).padStart(3, '0')}] ..... ${seconds}: `
}

function payloadOf(event) {
  const gfp = event.gfp === undefined ? '' : formatGfpTrace(linux6_18, event.gfp)
  const request = (name) =>
    `call_site=${event.site}+0x3b/0xa0 ptr=${pointer()}${name} bytes_req=${event.req} ` +
    `bytes_alloc=${event.alloc} gfp_flags=${gfp} node=${event.node} accounted=false`
  switch (event.ev) {
    case 'kmalloc':
      return request('')
    case 'kmem_cache_alloc':
      return request(` name=${event.cache}`)
    case 'mm_page_alloc':
      return `page=${pointer()} pfn=0x${event.pfn.toString(16)} order=${event.order} migratetype=${event.mt} gfp_flags=${gfp}`
    case 'mm_page_free':
      return `page=${pointer()} pfn=0x${event.pfn.toString(16)} order=${event.order}`
    case 'workqueue_queue_work':
      return `work struct=${event.work.slice(2)} function=${event.fn} workqueue=${event.wq} req_cpu=8192 cpu=${event.cpu}`
    case 'workqueue_execute_start':
    case 'workqueue_execute_end':
      return `work struct ${event.work.slice(2)}: function ${event.fn}`
    default:
      return undefined
  }
}

/** An address as the kernel hashes it: another one each time. */
function pointer() {
  return `00000000${Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`
}
