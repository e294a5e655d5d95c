/**
 * Log scenario: a report as a scenario that `kernel-sim check` runs. What the log shows is in it, under its names and with its stacks; what it does
 * not show is a guess, or a hole, and says so.
 */
import { type Frame, printFrame } from '../../lockdep/frame.js'
import type { Explained, ExplainedLink } from '../../log/judge/explained.js'
import { flusherOn, isDelegated, waitForWorkOn } from '../../log/judge/facts/delegation.js'
import { gateOf, shrinkerOn } from '../../log/judge/facts/reclaim.js'
import { itemFact } from '../../log/judge/facts/work-items.js'
import { plainName } from '../../trace/attribute/plain-name.js'
import { printable } from '../form/printable.js'
import { comment, quoted } from '../form/source.js'

const FS_RECLAIM = 'fs_reclaim'

/** Returns true if a report has what a scenario is made of. */
export function modelled({ kind, chain, splat }: Explained): boolean {
  if (kind.startsWith('lockdep-')) {
    return chain.length > 1 || (splat?.kind === 'recursive' && splat.lock !== undefined)
  }
  return (kind === 'hung-task' || kind === 'flush-dependency') && chain.length > 0
}

/** The source of a scenario file, TypeScript or JavaScript. */
export function logScenario(report: Explained, log: string): string {
  const model = modelOf(report)
  const body = model.lines.map((line) => (line === '' ? '' : `    ${line}`)).join('\n')
  return `${comment(
    `${report.summary} (${report.kind}, lines ${report.first} to ${report.last} of ${log}; verdict: ${report.verdict}.)`,
    '',
    'Written by kernel-sim explain --scenario. It runs as it is: kernel-sim check FILE. What is called a guess, or a hole,',
    'the log does not show: put there what the code does.',
  )}
import { ${[...model.imports].sort((a, b) => a.localeCompare(b, 'en')).join(', ')} } from '@scopemask/kernel-sim'

export default scenario({
  name: ${quoted(model.name)},
  summary: ${quoted(report.summary)},
  source: ${quoted(`${log}, line ${report.first}`)},
  build(kernel) {
${body}
  },
})
`
}

interface Model {
  readonly name: string
  readonly imports: ReadonlySet<string>
  readonly lines: readonly string[]
}

function modelOf(report: Explained): Model {
  if (report.kind === 'flush-dependency') return flushModel(report)
  if (report.kind === 'hung-task') return blockedModel(report)
  return report.splat?.kind === 'recursive' && report.chain.length < 2
    ? recursiveModel(report)
    : lockModel(report)
}

/** Names of variables, one for each thing. */
class Variables {
  readonly #names = new Map<string, string>()

  of(thing: string, kind: string): string {
    const known = this.#names.get(thing)
    if (known !== undefined) return known
    const name = `${kind}${this.#names.size + 1}`
    this.#names.set(thing, name)
    return name
  }
}

/** The circle of a report of lockdep: a task for each step, a shrinker for what reclaim takes, work items for what is delegated. */
function lockModel({ chain, verdict, splat }: Explained): Model {
  const variables = new Variables()
  const imports = new Set(['scenario'])
  const lines: string[] = []
  const steps = chain.map((link, i) => ({
    link,
    takes: link.what,
    holds: heldIn(link, chain, i),
    functions: link.stack.map(({ fn }) => fn),
  }))
  const falseAlarm = verdict === 'false-alarm'
  const entry = steps.find(({ holds }) => holds === FS_RECLAIM)
  // Where the alarm is false, reclaim takes another lock of the class.
  const other = falseAlarm && entry !== undefined ? entry.takes : undefined
  const works = new Map<string, { readonly takes: string; readonly link: ExplainedLink }>()
  for (const { holds, takes, link } of steps) {
    if (isWork(holds, steps)) works.set(holds, { takes, link })
  }
  lines.push('// The locks that the report names: one of each class.')
  lines.push(
    '// A guess: each is taken alone; locks that are taken for reading block whoever writes in between.',
  )
  for (const name of new Set(steps.flatMap(({ takes, holds }) => [holds, takes]))) {
    if (name === FS_RECLAIM || isWork(name, steps)) continue
    const used = name === other ? `${name} of an object in use` : name
    const lockClass = used === name ? '' : `, ${quoted(name)}`
    lines.push(`const ${variables.of(name, 'lock')} = kernel.mutex(${quoted(used)}${lockClass})`)
    if (name === other) {
      lines.push(
        `const unused = kernel.mutex(${quoted(`${name} of an object that nobody uses`)}, ${quoted(name)})`,
      )
    }
  }
  const lockOf = (name: string) => variables.of(name, 'lock')
  if (entry !== undefined) {
    const gate = gateOf(entry.functions)
    const shrinker = shrinkerOn(entry.functions) ?? 'reclaim'
    const needs = gate === undefined && verdict === 'deadlock' ? '0' : '__GFP_FS'
    if (needs !== '0') imports.add(needs)
    const taken = falseAlarm ? 'unused' : lockOf(entry.takes)
    lines.push('', ...stackComment(`In reclaim, line ${entry.link.line}:`, entry.link.stack))
    lines.push(
      needs === '0'
        ? '// It is not known to look at the flags of the request.'
        : `// ${gate ?? 'A guess: it looks at the flags of the request'}.`,
      `kernel.shrinker(${quoted(plainName(shrinker))}, ${needs}, function* () {`,
      `  yield* ${taken}.lock()`,
      `  yield* ${taken}.unlock()`,
      '})',
    )
  }
  for (const [name, { takes, link }] of works) {
    const item = variables.of(name, 'item')
    const body =
      takes === FS_RECLAIM
        ? allocation(imports)
        : [`yield* ${lockOf(takes)}.lock()`, `yield* ${lockOf(takes)}.unlock()`]
    imports.add('PF_MEMALLOC_NOFS')
    lines.push(
      '',
      '// A guess: the queue is an ordinary one.',
      `const queueOf${item} = kernel.workqueue(${quoted(`queue of ${name}`)})`,
      ...stackComment(`The item, line ${link.line}:`, link.stack),
      `const ${item} = kernel.work(${quoted(workName(name))}, function* () {`,
      '  // Only under the policy callee-scope it opens the scope itself.',
      '  yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, function* () {',
      ...body.map((line) => `    ${line}`),
      '  })',
      '})',
    )
  }
  // Reclaim in the background shows lockdep the other order without anything held. lockdep blames whom it sees last.
  const background = ['', 'kernel.kswapd(wake)']
  const blamesTask = chain[0]?.what === FS_RECLAIM
  if (falseAlarm) lines.push('', "const wake = kernel.variable('wake kswapd', 0)")
  if (falseAlarm && blamesTask) lines.push(...background)
  for (const { holds, takes, link, functions } of steps) {
    if (holds === FS_RECLAIM || works.has(holds)) continue
    const task = taskName(functions, link, takes)
    const work = works.has(takes) ? variables.of(takes, 'item') : undefined
    const inner =
      work !== undefined
        ? [`yield* kernel.queueWork(queueOf${work}, ${work})`, `yield* kernel.flushWork(${work})`]
        : takes === FS_RECLAIM
          ? allocation(imports)
          : [`yield* ${lockOf(takes)}.lock()`, `yield* ${lockOf(takes)}.unlock()`]
    const body = [`yield* ${lockOf(holds)}.lock()`, ...inner, `yield* ${lockOf(holds)}.unlock()`]
    lines.push(
      '',
      ...stackComment(`Line ${link.line}:`, link.stack),
      `kernel.task(${quoted(task)}, function* () {`,
      ...(falseAlarm ? besideKswapd(body) : inScope(imports, body)),
      '})',
    )
  }
  if (falseAlarm && !blamesTask) lines.push(...background)
  return { name: slug(splat?.lock?.name ?? 'lockdep', verdict), imports, lines }
}

/** What a scope would do. */
function inScope(imports: Set<string>, body: readonly string[]): string[] {
  imports.add('PF_MEMALLOC_NOFS')
  return [
    '  // Under policies with scopes it has one: what a scope here would do.',
    '  yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {',
    ...body.map((line) => `    ${line}`),
    '  })',
  ]
}

/** The task as its code is, beside kswapd. */
function besideKswapd(body: readonly string[]): string[] {
  return ['  yield* wake.set(1)', ...body.map((line) => `  ${line}`), '  yield* wake.set(0)']
}

function allocation(imports: Set<string>): string[] {
  imports.add('GFP_NOFS')
  return [
    '// GFP_KERNEL, but under the policy explicit.',
    'yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))',
  ]
}

/** The lock that is held while a link is taken: that of the link before, around the circle. */
function heldIn({ how }: ExplainedLink, chain: readonly ExplainedLink[], i: number): string {
  const said = /^taken while (.+) is held$/.exec(how)?.[1]
  return said !== undefined && said !== '?' ? said : (chain.at(i - 1)?.what ?? '?')
}

/** Returns true if a class stands for a work item: lockdep says so, or somebody flushes it. */
function isWork(
  name: string,
  steps: readonly { readonly takes: string; readonly functions: readonly string[] }[],
): boolean {
  if (name === FS_RECLAIM) return false
  if (isDelegated(name)) return true
  const taken = steps.find(({ takes }) => takes === name)
  return taken !== undefined && waitForWorkOn(taken.functions) !== undefined
}

/** `(work_completion)(&x->work)` → `&x->work`. */
function workName(name: string): string {
  return name.replace(/^\((?:work|wq)_completion\)/, '').replace(/^\((.*)\)$/, '$1')
}

/** A lock that is taken twice. */
function recursiveModel({ splat, verdict }: Explained): Model {
  const name = splat?.lock?.name ?? 'lock'
  const same = splat?.lock?.address !== undefined && splat.lock.address === splat.held?.address
  const lines = same
    ? [
        `const lock = kernel.mutex(${quoted(name)})`,
        `kernel.task(${quoted(splat?.task ?? 'task')}, function* () {`,
        '  yield* lock.lock()',
        '  yield* lock.lock()',
        '  yield* lock.unlock()',
        '  yield* lock.unlock()',
        '})',
      ]
    : [
        '// A hole: in which order the locks of the class are taken. Here two tasks take them in opposite orders.',
        `const one = kernel.mutex(${quoted(`one ${name}`)}, ${quoted(name)})`,
        `const two = kernel.mutex(${quoted(`another ${name}`)}, ${quoted(name)})`,
        ...[
          ['one', 'two'],
          ['two', 'one'],
        ].flatMap(([first, second], i) => [
          `kernel.task(${quoted(`${splat?.task ?? 'task'} ${i + 1}`)}, function* () {`,
          `  yield* ${first}.lock()`,
          `  yield* ${second}.lock()`,
          `  yield* ${second}.unlock()`,
          `  yield* ${first}.unlock()`,
          '})',
        ]),
      ]
  return { name: slug(name, verdict), imports: new Set(['scenario']), lines }
}

/** An item of a queue with a rescuer waits for one of a queue without: a worker has to be created under memory pressure. */
function flushModel({ chain, verdict, tasks }: Explained): Model {
  const [from, to] = chain
  const cancels = verdict === 'harmless'
  const [queue = 'queue', fn = 'item'] = (to?.what ?? '').split(': ')
  const [waiterQueue = 'queue', waiterFn = from?.what ?? 'task'] = (tasks[0]?.work ?? '').split(
    ': ',
  )
  const allocates = itemFact(fn)?.allocates
  const imports = new Set(['scenario', '__GFP_FS', 'PF_MEMALLOC_NOFS'])
  const flusher = flusherOn((from?.stack ?? []).map(({ fn: each }) => each))
  const body =
    allocates === false || cancels
      ? [
          allocates === false
            ? '// It does not allocate.'
            : '// A hole: whether it allocates. Here it does not; kernel.kmalloc(GFP_KERNEL) shows what if it did.',
        ]
      : [
          ...(allocates === undefined ? ['// A guess: it allocates.'] : []),
          'yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, function* () {',
          ...allocation(imports).map((line) => `  ${line}`),
          '})',
        ]
  const lines = [
    '// A pool that has to create a worker when its last idle one begins to work: kthreadd allocates it.',
    "const pool = kernel.workerPool('kworkers', { workers: 1, creates: true })",
    `const waiting = kernel.workqueue(${quoted(waiterQueue)}, { pool, memReclaim: true })`,
    `const flushed = kernel.workqueue(${quoted(queue)}, { pool, memReclaim: false })`,
    '// A guess: reclaim waits for what the first item brings about, as it does for writeback.',
    "const dirty = kernel.bitLock('what reclaim waits for')",
    "kernel.shrinker('reclaim', __GFP_FS, function* () {",
    '  yield* dirty.wait()',
    '})',
    `const item = kernel.work(${quoted(fn)}, function* () {`,
    ...body.map((line) => `  ${line}`),
    '})',
    ...stackComment(`Line ${from?.line ?? 0}:`, from?.stack ?? []),
    `const waiter = kernel.work(${quoted(waiterFn)}, function* () {`,
    '  // A guess: this item queues what it waits for; somebody else may have.',
    '  yield* kernel.queueWork(flushed, item)',
    `  yield* kernel.${cancels ? 'cancelWorkSync' : 'flushWork'}(item) // ${printable(flusher ?? '')}`,
    '  yield* dirty.clear()',
    '})',
    `kernel.task('who waits for ${printable(waiterFn).replace(/[\\']/g, '')}', function* () {`,
    '  yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {',
    '    yield* dirty.set()',
    '    yield* kernel.queueWork(waiting, waiter)',
    '    yield* kernel.flushWork(waiter)',
    '  })',
    '})',
  ]
  return { name: slug(fn, verdict), imports, lines }
}

/** Blocked tasks: in a circle each holds what the one before waits for; else whoever ends the wait is a hole. */
function blockedModel({ chain, closed, verdict, tasks }: Explained): Model {
  const lines: string[] = []
  const things = chain.map(({ how }) => waitedFor(how))
  if (closed) {
    lines.push(
      '// What each task waits for, as a lock. A guess where it is none: who waits holds up who is waited for all the same.',
    )
    lines.push(
      ...things.map(
        (thing, i) => `const held${i} = kernel.mutex(${quoted(`${thing} (${i + 1})`)})`,
      ),
    )
    chain.forEach((link, i) => {
      const own = (i + chain.length - 1) % chain.length
      lines.push(
        '',
        ...stackComment(`Line ${link.line}:`, link.stack),
        `kernel.task(${quoted(link.what)}, function* () {`,
        `  yield* held${own}.lock()`,
        `  yield* held${i}.lock()`,
        `  yield* held${i}.unlock()`,
        `  yield* held${own}.unlock()`,
        '})',
      )
    })
  } else {
    lines.push(
      '// Holes: who ends these waits is not in the log. Here somebody does; put there what holds them up.',
    )
    chain.forEach((link, i) => {
      lines.push(
        '',
        `const end${i} = kernel.completion(${quoted(things[i] ?? '')})`,
        `kernel.task(${quoted(`who ends it (${i + 1})`)}, function* () {`,
        `  yield* end${i}.complete()`,
        '})',
        ...stackComment(`Line ${link.line}:`, link.stack),
        `kernel.task(${quoted(link.what)}, function* () {`,
        `  yield* end${i}.wait()`,
        '})',
      )
    })
  }
  return { name: slug(tasks[0]?.comm ?? 'blocked', verdict), imports: new Set(['scenario']), lines }
}

/** `waits for the lock x in y; …` → `the lock x`. */
function waitedFor(how: string): string {
  return (/waits for (.*?)(?: \(|,? in |;|$)/.exec(how)?.[1] ?? 'what it waits for').slice(0, 80)
}

/** A task is named by the function that takes the lock, or asks for memory. */
function taskName(functions: readonly string[], link: ExplainedLink, takes: string): string {
  const fn = functions.find(
    (name) =>
      !/lock|down_|mutex|acquire|alloc|might_|fs_reclaim|rwsem|percpu|flush|check_prev|dump_|print_/.test(
        plainName(name),
      ),
  )
  return `${plainName(fn ?? takes)}, line ${link.line}`
}

function stackComment(heading: string, stack: readonly Frame[]): string[] {
  return stack.length === 0
    ? [`// ${heading} no stack in the log.`]
    : [heading, ...stack.map((frame) => `  ${printFrame(frame)}`)].map((line) =>
        `// ${printable(line)}`.trimEnd(),
      )
}

/** Lines of comment: whatever names hold, they stay in it. */
/** A name for the scenario: lower case, digits and dashes. */
function slug(what: string, verdict: string): string {
  const dashes = `${what}-${verdict}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return dashes === '' ? 'report' : dashes
}
