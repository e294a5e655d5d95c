import { library } from '../../tsup.base.js'

export default library({
  entry: {
    index: 'src/index.ts',
    machine: 'src/machine.ts',
    search: 'src/search.ts',
    live: 'src/live.ts',
    node: 'src/node.ts',
  },
})
