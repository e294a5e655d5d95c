/** Tables: what is measured, in which processes, and what is claimed of it. */

const rivals = [
  'AsyncLocalStorage',
  'OpenTelemetry (ALS manager)',
  'OpenTelemetry (hooks manager)',
  'OpenTelemetry (stack manager)',
  'unctx',
  'zone.js',
]
const measured = ['floor', 'core']

/** Each rival in a process of its own, in which there are only awaits. */
const alone = (...names) => [measured, ...names.map((name) => [...measured, name])]

/** The same, in a process whose rounds take place in callbacks of timers, ticks and files. */
const server = (...names) => names.map((name) => [...measured, name])

/** All of them in one process. */
const together = (...names) => [[...measured, ...names]]

const everywhere = (target) => ({ alone: target, server: target, together: target })

/** `what` is faster than `against`; and how much it is when the opaque call in both is left out. */
const faster = (what, against, targets) => [
  { what, against, faster: targets },
  { what, against, without: 'nothing', faster: {} },
]

const checkedAgainstFloor = [
  { what: 'save + restore', against: 'raw fields', atMost: everywhere(1.25) },
  { what: 'enter + close', against: 'raw fields', atMost: everywhere(2) },
]

const runAgainstRivals = (targets) => [
  { what: 'run(mask, fn)', against: 'raw fields' },
  ...[
    'AsyncLocalStorage.run(constant, fn)',
    'AsyncLocalStorage.run(getStore() | mask, fn)',
  ].flatMap((against) => faster('run(mask, fn)', against, targets)),
]

/**
 * `settings` lists the processes of each setting by their contenders. A claim says that `what` costs at most
 * `atMost` times what `against` costs (without `against`: that it is at most `atMost`), or that it is
 * `faster` by a factor, each by setting; what costs `without` is subtracted from both. Where it gives no
 * number it claims nothing, and is printed all the same.
 */
export const tables = [
  {
    name: 'sections',
    title: 'One section: enter, something opaque, exit',
    unit: 'ns',
    settings: {
      alone: alone(...rivals, 'using', 'core with a bridge'),
      server: server('AsyncLocalStorage', 'OpenTelemetry (ALS manager)'),
      together: together(...rivals),
    },
    claims: [
      ...checkedAgainstFloor,
      ...runAgainstRivals({ alone: 1, server: 2, together: 4 }),
      { what: 'using, native', against: 'enter + close' },
      { what: 'using, lowered by esbuild', against: 'enter + close' },
      { what: 'using, lowered by tsc', against: 'enter + close' },
    ],
  },
  {
    name: 'nested',
    title: 'Eight sections, one in the other, something opaque in each',
    unit: 'ns',
    settings: {
      alone: alone('AsyncLocalStorage', 'core with a bridge'),
      together: together(...rivals.filter((name) => name !== 'unctx')), // which cannot nest
    },
    claims: [...checkedAgainstFloor, ...runAgainstRivals({})],
  },
  {
    name: 'reads',
    title: 'Reading the current mask, in something opaque',
    unit: 'ns',
    settings: {
      alone: alone(...rivals, 'core with a bridge'),
      server: server('AsyncLocalStorage', 'OpenTelemetry (ALS manager)'),
      together: together(...rivals),
    },
    claims: ['context.mask', 'current(domain).mask'].map((what) => ({
      what,
      against: 'AsyncLocalStorage.getStore()',
      without: 'nothing',
      faster: everywhere(3),
    })),
  },
  {
    name: 'handOffs',
    title: 'One piece of work queued by one task and done by another',
    unit: 'ns',
    settings: {
      alone: alone(...rivals.filter((name) => name !== 'unctx'), 'core with a bridge'),
      server: server('AsyncLocalStorage', 'OpenTelemetry (ALS manager)'),
      together: together(...rivals),
    },
    claims: [
      ['AsyncLocalStorage.bind', 200],
      ['AsyncLocalStorage.snapshot', 200],
      ['OpenTelemetry (ALS manager) bind', 20],
      ['OpenTelemetry (hooks manager) bind', 20],
      ['OpenTelemetry (stack manager) bind', 20],
    ].flatMap(([against, target]) => [
      ...faster('convey + adopt + close', against, everywhere(target)),
      { what: 'handOff() + run', against, faster: {} },
    ]),
  },
  {
    name: 'bytes',
    title: 'What a piece of work keeps alive while it waits in a queue',
    unit: 'bytes',
    once: true,
    settings: { together: together(...rivals) },
    claims: [{ what: 'convey + adopt + close', atMost: { together: 65 } }],
  },
  {
    name: 'allocated',
    title: 'What a section allocates, whatever becomes of it',
    unit: 'bytes',
    once: true,
    settings: {
      alone: [measured, ...rivals.map((name) => [name]), ['core with a bridge']],
    },
    claims: [{ what: 'run(mask, fn)', atMost: { alone: 80 } }],
  },
  {
    name: 'garbage',
    title: 'What outlives a minor collection, of each scope that was opened and closed',
    unit: 'bytes',
    once: true,
    settings: { alone: [['core']] },
    claims: [{ what: 'enter + close, the scope in a field', atMost: { alone: 0.1 } }],
  },
  {
    name: 'awaits',
    title: "An await of nobody's, while a contender carries something across another",
    unit: 'ns',
    settings: { alone: [...measured, 'core with a bridge', ...rivals].map((name) => [name]) },
    claims: [
      { what: 'core', against: 'floor', atMost: { alone: 1.05 } },
      ...rivals.map((what) => ({ what, against: 'floor' })),
    ],
  },
]
