import { library } from '../../tsup.base.js'

export default library({
  entry: {
    index: 'src/index.ts',
    gfp: 'src/gfp.ts',
    pages: 'src/pages.ts',
    slab: 'src/slab.ts',
    views: 'src/views.ts',
  },
})
