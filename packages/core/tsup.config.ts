import { library } from '../../tsup.base.js'

export default library({
  entry: {
    index: 'src/index.ts',
    delegation: 'src/delegation.ts',
    remote: 'src/remote.ts',
    tasks: 'src/tasks.ts',
  },
})
