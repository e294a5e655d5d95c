/**
 * The arrows of the house: who may import whom. CONTRIBUTING.md has the same map in words, and
 * packages/workspace-tests/test/arrows.test.ts proves that every rule bites.
 */

/** What each package imports of the others. */
const packages = {
  'packages/core/': [],
  'packages/allocator/': ['packages/core/'],
  'packages/checker/': [],
  'packages/eslint-plugin/': [],
  'apps/kernel-sim/': ['packages/core/', 'packages/allocator/', 'packages/checker/'],
  'apps/playground/': ['apps/kernel-sim/'],
  'packages/workspace-tests/': [],
}

/** What each room of the checker imports of the other rooms. Its face stands above them all. */
const checkerRooms = {
  'machine/': [],
  'objects/': ['machine/'],
  'model/': ['machine/', 'objects/'],
  'reduce/': ['machine/'],
  'run/': ['machine/'],
  'search/': ['machine/', 'reduce/', 'run/'],
  'node/': ['machine/', 'reduce/', 'run/', 'search/'],
}

/** What each room of kernel-sim imports of the other rooms. */
const kernelSimRooms = {
  'kernel/': ['own-code.ts'],
  'lockdep/': ['kernel/operation.ts'],
  // The kernel's public face: what a scenario is written with.
  'scenarios/': [
    'kernel/scenario.ts',
    'kernel/kernel.ts',
    'kernel/policy.ts',
    'kernel/memory/gfp.ts',
  ],
  'simulate/': ['kernel/', 'scenarios/', 'input-error.ts'],
  'matrix/': ['kernel/', 'lockdep/', 'scenarios/', 'input-error.ts', 'own-code.ts'],
  'reproduce/': ['kernel/', 'lockdep/', 'matrix/', 'scenarios/', 'log/', 'input-error.ts'],
  'boot/': ['reproduce/', 'disk.ts', 'input-error.ts'],
  'trace/': ['input-error.ts'],
  'log/': ['lockdep/', 'trace/', 'input-error.ts'],
  'audit/': ['trace/', 'input-error.ts'],
  'record/': ['trace/', 'input-error.ts'],
  'replay-memory/': ['trace/', 'input-error.ts'],
  'sweep/': ['kernel/', 'scenarios/', 'matrix/', 'simulate/', 'disk.ts', 'input-error.ts'],
  'report/': [
    'kernel/',
    'lockdep/',
    'matrix/',
    'simulate/',
    'reproduce/',
    'trace/',
    'log/',
    'audit/',
    'replay-memory/',
    'sweep/',
    'input-error.ts',
  ],
  'cli/': [
    'kernel/',
    'lockdep/',
    'scenarios/',
    'simulate/',
    'matrix/',
    'reproduce/',
    'boot/',
    'trace/',
    'log/',
    'audit/',
    'record/',
    'replay-memory/',
    'sweep/',
    'report/',
    'audit-trace.ts',
    'disk.ts',
    'input-error.ts',
    'own-code.ts',
  ],
}

/** What each room of the playground imports of the other rooms. */
const playgroundRooms = {
  'tour/': [],
  'engine/': ['tour/', 'protocol.ts'],
  'page/': ['tour/', 'protocol.ts', 'made.d.ts'],
}

/** A pattern for paths that start with one of these. */
const startingWith = (paths, folder = '') =>
  `^${folder}(${paths.map((path) => path.replaceAll('.', '\\.')).join('|')})`

const packageArrows = Object.entries(packages).map(([name, lower]) => ({
  name: `arrows-of-${name.split('/')[1]}`,
  comment: `${name} imports these packages: ${lower.join(', ') || 'none'}`,
  severity: 'error',
  from: { path: startingWith([name]) },
  to: {
    path: startingWith(Object.keys(packages)),
    pathNot: startingWith([name, ...lower]),
  },
}))

/** The arrows between the rooms in a folder, and that there are no other rooms. */
const arrowsBetween = (rooms, { folder, of }) => [
  ...Object.entries(rooms).map(([name, lower]) => ({
    name: `arrows-of-${of}-${name.slice(0, -1)}`,
    comment: `${of}'s ${name} imports these rooms: ${lower.join(', ') || 'none'}`,
    severity: 'error',
    from: { path: startingWith([name], folder) },
    to: { path: `^${folder}`, pathNot: startingWith([name, ...lower], folder) },
  })),
  {
    name: `no-unknown-rooms-in-${of}`,
    comment: `A new room of ${of} takes its place in the map above.`,
    severity: 'error',
    from: { path: `^${folder}[^/]+/`, pathNot: startingWith(Object.keys(rooms), folder) },
    to: {},
  },
]

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'No import cycles; imports of types count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved-imports',
      comment: 'Every import resolves. A path that a package does not export does not.',
      severity: 'error',
      from: {},
      // What the playground makes of other files while it is built.
      to: { couldNotResolve: true, pathNot: '^made:' },
    },
    {
      name: 'no-deep-imports',
      comment: 'Another package is imported by its name, through its exports.',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^(packages|apps)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    ...packageArrows,
    ...arrowsBetween(checkerRooms, { folder: 'packages/checker/src/', of: 'checker' }),
    ...arrowsBetween(kernelSimRooms, { folder: 'apps/kernel-sim/src/', of: 'kernel-sim' }),
    ...arrowsBetween(playgroundRooms, { folder: 'apps/playground/src/', of: 'playground' }),
    {
      name: 'no-io-in-report',
      comment: 'report/ turns results into text; who called it writes that text somewhere.',
      severity: 'error',
      from: { path: '^apps/kernel-sim/src/report/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-runtime-in-portable-code',
      comment:
        'core, allocator and checker run in every JavaScript runtime; one adapter and the threads of the search are for Node.',
      severity: 'error',
      from: {
        path: '^packages/(core|allocator|checker)/src/',
        pathNot:
          '^packages/(core/src/adapters/diagnostics-channel\\.ts$|checker/src/node(/|\\.ts$))',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-dependencies-in-core',
      comment: 'core imports nothing.',
      severity: 'error',
      from: { path: '^packages/core/src/' },
      to: { pathNot: '^packages/core/src/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'no-dev-dependencies-in-src',
      comment: 'What is published imports only what is installed with it.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm-peer'],
      },
    },
    {
      name: 'no-async-hooks',
      comment:
        'Context is conveyed explicitly. What a benchmark compares with is the one exception.',
      severity: 'error',
      from: { pathNot: '/rivals/' },
      to: { path: '^(node:)?async_hooks$' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^(packages|apps)/[^/]+/dist/'] },
    exclude: { path: '^(packages|apps)/[^/]+/[.]types/' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
