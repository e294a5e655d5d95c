import { library } from '../../tsup.base.js'

export default library({ entry: { cli: 'src/cli/main.ts' }, format: ['esm'], dts: false })
