/** Machine files: what they say, what is said of mistakes, and that nothing in them does harm. */
import { readFileSync } from 'node:fs'
import { NO_LIMIT } from '@scopemask/allocator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { InputError } from '../../../src/input-error.js'
import { machineSchema } from '../../../src/simulate/machine-file/machine-file.js'
import {
  machineFromObject,
  machineFromYaml,
} from '../../../src/simulate/machine-file/read-machine.js'
import { said } from './said.js'

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(machineSchema())

const SMALL = `memory: 128 MiB
workloads:
  cache: { type: read, size: 100 MiB }
`

describe('a machine file', () => {
  it('says a machine, what runs on it, and what goes wrong', () => {
    const machine = machineFromYaml(
      `name: small-nas
memory: 1.5 GiB
cpus: 2
disk: { bandwidth: 100 MB/s, latency: 8 ms, queue_depth: 32 }
sysctls: { min_free_kbytes: 4096, dirty_ratio: 40, vfs_cache_pressure: 50 }
seconds: 12.5
seed: 7
policies: [scope, nofs, scope]
workloads:
  reader: { type: random-read, size: 64 MiB, start: 1 s, processes: 3, nofs: true }
  writer: { type: write, size: 1 GiB, main: true }
scenario: journal-handle
faults:
  - { type: disk-stall, at: 5 s, for: 2 s }
  - { type: disk-slow, at: 8 s, times: 2.5 }
  - { type: memory-taken, at: 1 min, for: 500 ms, size: 32 MiB }
`,
      'm.yaml',
    )
    expect(machine).toMatchObject({
      seconds: 12.5,
      seed: 7,
      runs: 1,
      policies: ['scope', 'nofs'],
      scenario: { given: 'journal-handle', line: 12 },
      faults: [
        { type: 'disk-stall', at: 5e9, length: 2e9 },
        { type: 'disk-slow', at: 8e9, length: Number.POSITIVE_INFINITY, times: 2.5 },
        { type: 'memory-taken', at: 60e9, length: 5e8, pages: 8192 },
      ],
      spec: {
        name: 'small-nas',
        cpus: 2,
        memory: { minFreeKbytes: 4096 },
        disk: { bytesPerSecond: 1e8, perRequest: 8e6, queueDepth: 32, readaheadBytes: 131_072 },
        sysctls: { dirtyRatio: 40, dirtyBackgroundRatio: 10, vfsCachePressure: 50 },
      },
    })
    expect(machine.workloads.map(({ name, nofs, main }) => [name, nofs, main])).toEqual([
      ['reader-1', true, false],
      ['reader-2', true, false],
      ['reader-3', true, false],
      ['writer', false, true],
    ])
  })

  it('has one sentence for each mistake, with its line, all of them at once', () => {
    expect(
      said(`memroy: 128 MiB
memory: lots
cpus: 0
disk: fast
sysctls:
  dirty_ratio: 101
  dirty_bytes: 7
workloads:
  cache: { type: read, sizee: 3 MiB }
  9lives: { type: hog, size: 1 MiB }
  dancer: { type: dance }
  twice: { type: read, size: 10 MiB, start: 5 s, stop: 5 s }
faults:
  - { type: disk-stall, at: 5 s }
  - disk-slow
`),
    ).toEqual([
      'm.yaml has 13 mistakes:',
      '  line 1: a machine has no memroy; is memory meant?',
      '  line 2: memory takes a size such as 128 MiB, from 80 MiB to 16 GiB, not "lots"',
      '  line 3: cpus takes a whole number from 1 to 64, not 0',
      '  line 4: disk takes a map of bandwidth, latency, queue_depth, nr_requests, max_request, readahead, crypt, loop, not "fast"',
      '  line 6: sysctls.dirty_ratio takes a whole number from 1 to 100, not 101',
      '  line 7: sysctls has no dirty_bytes; it has min_free_kbytes, watermark_scale_factor, watermark_boost_factor, dirty_ratio, dirty_background_ratio, dirty_expire_centisecs, dirty_writeback_centisecs, swappiness, defrag_mode, zone_reclaim_mode, vfs_cache_pressure',
      '  line 9: workloads.cache (a workload of type read) has no sizee; is size meant?',
      '  line 9: workloads.cache (a workload of type read) needs size: a size such as 512 MiB, from 4 KiB to 64 GiB',
      '  line 10: "9lives" does not name a workload: names have up to 15 letters, digits, _ and -, and begin with a letter',
      '  line 11: workloads.dancer: there is no type "dance"; there are read, write, random-read, create, stat, working-set, hog, burst, database, compile, device, blocks, mount',
      '  line 12: workloads.twice ends before it begins',
      '  line 14: faults[0] (a fault of type disk-stall) needs for: a time such as 2 s, from 1 us to 1440 min',
      '  line 15: faults[1] takes a map with a type: disk-stall, disk-slow, memory-taken, not "disk-slow"',
    ])
  })

  it.each([
    ['nothing', '', 'm.yaml: it is empty'],
    ['a word', 'memory', 'm.yaml, line 1: the file takes a map of name, memory,'],
    ['a key twice', 'memory: 128 MiB\nmemory: 1 GiB', 'm.yaml, line 2: map keys must be unique'],
    ['a bracket too few', 'a: [1, 2', 'm.yaml, line 1: flow sequence in block collection must'],
    [
      'several disks',
      `${SMALL}disks: [{}, {}]`,
      'm.yaml, line 4: several disks are not simulated: a machine has one, disk, with one filesystem on it',
    ],
    ['swap', `${SMALL}swap: 1 GiB`, 'm.yaml, line 4: swap takes a map of size, ratio, same_fil'],
    [
      'no workload',
      'memory: 128 MiB\nworkloads: {}',
      'm.yaml, line 2: workloads takes a map of workloads by name, not an empty one',
    ],
    [
      'a group that is not there',
      `memory: 128 MiB
cgroups: { web: {} }
workloads:
  cache: { type: read, size: 100 MiB, cgroup: wbe, processes: 3 }`,
      'm.yaml, line 4: workloads.cache.cgroup: there is no memory cgroup wbe; there are web',
    ],
    [
      'a group where there are none',
      `${SMALL}  more: { type: read, size: 1 MiB, cgroup: web }`,
      'm.yaml, line 4: workloads.more.cgroup: there is no memory cgroup web; the machine has none',
    ],
    [
      'a group that has others below it',
      `memory: 128 MiB
cgroups: { web/a: {}, web: {} }
workloads:
  cache: { type: read, size: 100 MiB, cgroup: web }`,
      'm.yaml, line 4: workloads.cache.cgroup: web has memory cgroups below it, and cgroup v2 has processes in those alone: name one of them',
    ],
    [
      'a group in one that is not there',
      `${SMALL}cgroups: { web/a: {} }`,
      'm.yaml, line 4: cgroups.web/a is in a memory cgroup web, which is not there',
    ],
    [
      'a path with a / in front',
      `${SMALL}cgroups: { /web: {} }`,
      'm.yaml, line 4: "/web" is no path of a memory cgroup: a path is names with a / in between, such as web/worker',
    ],
    [
      'a limit without a unit',
      `${SMALL}cgroups: { web: { memory.max: 100 } }`,
      'm.yaml, line 4: cgroups.web.memory.max takes a size such as 24 MiB, from 0 B to 64 GiB, or max, not 100',
    ],
    [
      'a limit that there is not',
      `${SMALL}cgroups: { web: { memory.hihg: 1 MiB } }`,
      'm.yaml, line 4: a memory cgroup has no memory.hihg; is memory.high meant?',
    ],
    [
      'groups without number',
      `${SMALL}cgroups: { ${Array.from({ length: 65 }, (_, i) => `g${i}: {}`).join(', ')} }`,
      'm.yaml, line 4: there are 65 memory cgroups; 64 is the most',
    ],
    [
      'an oom_score_adj that is none',
      `${SMALL}  more: { type: read, size: 1 MiB, oom_score_adj: -1001 }`,
      'm.yaml, line 4: workloads.more.oom_score_adj takes a whole number from -1000 to 1000, not -1001',
    ],
    ['an alias of nothing', `${SMALL}faults: *all`, 'm.yaml, line 4: '],
    [
      'too much kept free',
      `${SMALL}sysctls: { min_free_kbytes: 40000 }`,
      'm.yaml, line 4: sysctls.min_free_kbytes keeps more than a quarter of the memory free',
    ],
    [
      'too much taken',
      `${SMALL}faults: [{ type: memory-taken, at: 1 s, size: 200 MiB }]`,
      'm.yaml, line 4: faults take more memory away than there is',
    ],
    [
      'a list as key',
      `${SMALL}? [a]\n: 1`,
      'm.yaml, line 4: a key is a name, not a list, a map or nothing',
    ],
    [
      'bytes',
      `${SMALL}seed: !!binary abcd`,
      'm.yaml, line 4: seed is nothing that such a file has a use for',
    ],
    [
      'a tag',
      `${SMALL}seed: !!js/function 7`,
      'm.yaml, line 4: unresolved tag: tag:yaml.org,2002:js/f',
    ],
    ['two documents', `${SMALL}---\n${SMALL}`, 'm.yaml, line 4: a second document begins (---)'],
    ['a circle', 'memory: &a [*a]', 'm.yaml, line 1: it is nested more than 32 deep'],
    ['brackets', '['.repeat(200_000), 'm.yaml, line 1: brackets are nested too deeply'],
    ['dashes', `${'- '.repeat(100_000)}x`, 'm.yaml: it is nested too deeply'],
    ['length', 'x'.repeat(300_000), 'm.yaml: it is longer than 256 KiB'],
    [
      'aliases of aliases',
      ['', 'a', 'b', 'c']
        .map(
          (each, at) =>
            `${'abcd'[at]}: &${'abcd'[at]} [${`${each === '' ? 'x' : `*${each}`},`.repeat(100)}]`,
        )
        .join('\n'),
      'm.yaml, line 1: it has more than 20000 values',
    ],
  ])('of %s', (_, text, first) => {
    const [message = ''] = said(text)
    expect(message.slice(0, first.length)).toBe(first)
  })
})

it('memory cgroups are made after the one that they are in, with limits in whole pages', () => {
  const machine = machineFromYaml(
    `memory: 128 MiB
cgroups:
  web/app: { memory.high: 10 KiB, memory.low: max }
  web: { memory.max: 1 MiB, memory.min: 4 KiB, memory.swap.max: 0 B, memory.oom.group: true }
workloads:
  cache: { type: read, size: 1 MiB, cgroup: web/app, oom_score_adj: -1000, processes: 2 }
`,
    'm.yaml',
  )
  expect(machine.spec.cgroups).toEqual([
    { path: 'web', max: 256, min: 1, swapMax: 0, oomGroup: true },
    { path: 'web/app', high: 2, low: NO_LIMIT, oomGroup: false },
  ])
  expect(machine.workloads).toMatchObject([
    { name: 'cache-1', cgroup: { path: 'web/app' }, oomScoreAdj: -1000 },
    { name: 'cache-2', cgroup: { path: 'web/app' }, oomScoreAdj: -1000 },
  ])
  expect(machine.notes).toEqual(['memory.swap.max of web has no effect: this machine has no swap.'])
})

it('limits that have no effect are noted', () => {
  const { notes } = machineFromYaml(
    `${SMALL}swap: { size: 1 MiB }
cgroups:
  a: { memory.max: 128 MiB, memory.high: max }
  b: { memory.max: 8 MiB, memory.high: 8 MiB, memory.low: max }
  c: { memory.max: 8 MiB, memory.high: 4 MiB, memory.min: 9 MiB, memory.swap.max: 1 MiB }
`,
    'm.yaml',
  )
  expect(notes).toEqual([
    'memory.max of a has no effect: it is no less than all memory.',
    'memory.high of b has no effect: it is not below memory.max.',
    'memory.min of c protects no more than memory.max: the group has no more.',
  ])
})

it('a file of a group can be set by its path, dots and all', () => {
  const of = (path: string) =>
    machineFromYaml(`${SMALL}cgroups: { web: { memory.max: 1 MiB } }`, 'm.yaml', {
      set: { [path]: '2 MiB' },
    })
  expect(of('cgroups.web.memory.max').spec.cgroups).toMatchObject([{ max: 512 }])
  expect(() => of('cgroups.web.memory.high')).toThrow('there is no cgroups.web.memory.high')
})

it('a machine in TypeScript has the lines of its mistakes too', () => {
  const source = `import { machine } from '@scopemask/kernel-sim/machine'

/* machine({ memory: 1 }) is what it says: */
export default machine({
  memory: '128 MiB',
  workloads: {
    *own(os) {
      yield* os.sleep(1) // }
    },
    'arrow': (os) => ({ next: () => os }),
    cache: {
      type: 'read', // {
      size: 3,
    },
  },
  faults: [
    { type: 'disk-stall', at: '1 s', for: '1 s' },
    { type: 'disk-slow', at: '1 s', times: \`x\` },
  ],
})
`
  const value = {
    memory: '128 MiB',
    workloads: { *own() {}, arrow: () => 0, cache: { type: 'read', size: 3 } },
    faults: [
      { type: 'disk-stall', at: '1 s', for: '1 s' },
      { type: 'disk-slow', at: '1 s', times: 'x' },
    ],
  }
  expect(() => machineFromObject(value, 'm.ts', { source })).toThrow(
    new InputError(
      'm.ts has 2 mistakes:\n' +
        '  line 13: workloads.cache.size takes a size such as 512 MiB, from 4 KiB to 64 GiB, not 3\n' +
        '  line 18: faults[1].times takes a number from 1 to 10000, not "x"',
    ),
  )
  // Where no line is known, the place is named all the same.
  expect(() => machineFromObject(value, 'm.ts')).toThrow(/\n {2}workloads\.cache\.size takes /)
})

describe('whatever a file says', () => {
  /** Pieces of machine files, and of what YAML can do. */
  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        'memory',
        'workloads',
        'type',
        'read',
        'size',
        'faults',
        'disk',
        'at',
        '128 MiB',
        '5 s',
        '1',
        '-1',
      ],
      ...[
        '- ',
        ': ',
        '\n',
        '\n  ',
        '{',
        '}',
        '[',
        ']',
        ',',
        '&a ',
        '*a',
        '? ',
        '| ',
        '> ',
        '!!map ',
        '# ',
        '"',
        "'",
        '%',
        '---\n',
      ],
    ),
    fc.string({ maxLength: 4 }),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
  )
  const hostile = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''))

  it('there is a machine or a sentence, each in time', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const line of said(text)) expect(line.length).toBeLessThan(700)
      }),
      { numRuns: 1500 },
    )
  })

  it('a file that is a machine but for one line has a sentence with that line', () => {
    const lines = readFileSync(
      new URL('../../../examples/machines/mixed-load.yaml', import.meta.url),
      'utf8',
    ).split('\n')
    fc.assert(
      fc.property(fc.nat(lines.length), fc.string({ unit: 'grapheme' }), (at, wrong) => {
        const changed = [...lines]
        changed[at] = wrong
        said(changed.join('\n'))
      }),
      { numRuns: 500 },
    )
  })

  it('objects of any kind are a machine or have a sentence', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
        expect(() => machineFromObject(value, 'm.ts')).toThrow(InputError)
      }),
    )
    const circle: Record<string, unknown> = { memory: '128 MiB' }
    circle.workloads = circle
    expect(() => machineFromObject(circle, 'm.ts')).toThrow(/nested more than 32 deep/)
  })
})

describe('the schema', () => {
  it('is the one that is published', () => {
    const published = readFileSync(
      new URL('../../../schemas/machine.schema.json', import.meta.url),
      'utf8',
    )
    // After a change of the fields: write this there, and format it.
    expect(JSON.parse(published)).toEqual(machineSchema())
  })

  it('has what is read, and what it has not is not read', () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        '128 MiB',
        '5 s',
        '0 s',
        '25 MB/s',
        'read',
        'scope',
        'x',
        true,
        null,
      ),
      fc.integer({ min: -2, max: 200 }),
    )
    /** What is right, most of the time. */
    const mostly = (...right: readonly unknown[]) =>
      fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...right) },
        { weight: 1, arbitrary: value },
      )
    const some = (right: fc.Arbitrary<unknown>) => fc.option(right, { nil: undefined })
    const workload = fc.record({
      type: mostly('read', 'hog', 'random-read', 'burst'),
      size: mostly('64 MiB', '4 KiB'),
      start: some(mostly('5 s', '0 s')),
      processes: some(mostly(1, 3)),
      nofs: some(mostly(true, false)),
      x: fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, value),
    })
    const fault = fc.record({
      type: mostly('disk-stall', 'disk-slow', 'memory-taken'),
      at: mostly('1 s'),
      for: mostly('2 s'),
      times: some(mostly(3)),
      size: some(mostly('1 MiB')),
    })
    const file = fc
      .record({
        memory: mostly('128 MiB', '1 GiB'),
        workloads: fc.dictionary(mostly('a', 'b-1') as fc.Arbitrary<string>, workload, {
          minKeys: 1,
          maxKeys: 2,
        }),
        disk: some(fc.record({ bandwidth: mostly('25 MB/s'), queue_depth: mostly(1) })),
        sysctls: some(fc.record({ dirty_ratio: mostly(40), swappiness: some(mostly(0)) })),
        faults: some(fc.array(fault, { maxLength: 1 })),
        policies: some(fc.array(mostly('scope', 'nofs'), { maxLength: 2 })),
        seconds: some(mostly(0.5, 20)),
      })
      .map((each) => JSON.parse(JSON.stringify(each)) as unknown)
    let read = 0
    fc.assert(
      fc.property(file, (each) => {
        let isRead = true
        try {
          machineFromObject(each, 'm.ts')
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(InputError)
          isRead = false
        }
        if (isRead) read++
        // What is read is in the schema; what the schema refuses is not read. Bounds of units are the reader's alone.
        if (isRead) expect(validate(each), JSON.stringify(validate.errors)).toBe(true)
      }),
      { numRuns: 1000 },
    )
    expect(read).toBeGreaterThan(100)
  })

  it('has the machines that come along', () => {
    const text = readFileSync(
      new URL('../../../examples/machines/mixed-load.yaml', import.meta.url),
      'utf8',
    )
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true)
  })
})
