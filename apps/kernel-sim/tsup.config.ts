import { library } from '../../tsup.base.js'

export default library({
  entry: {
    cli: 'src/cli/main.ts',
    index: 'src/index.ts',
    audit: 'src/audit.ts',
    cases: 'src/cases.ts',
    workbench: 'src/workbench.ts',
    pages: 'src/pages.ts',
    machine: 'src/machine.ts',
    // Threads: loaded by file, from beside the command.
    'cell-thread': 'src/cli/cell-thread.ts',
    'search-thread': 'src/cli/search-thread.ts',
    // A process: started by file as well.
    'sweep-cage': 'src/cli/sweep-cage.ts',
  },
  format: ['esm'],
  untyped: ['cli', 'cell-thread', 'search-thread', 'sweep-cage'],
})
