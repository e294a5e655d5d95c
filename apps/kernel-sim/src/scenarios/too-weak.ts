/**
 * Case 14: all memory is dirty pages of a filesystem. Who may enter it can write them; if everybody is NOFS nobody can,
 * the OOM killer keeps still, and all try again for ever.
 */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'
import { NOTHING_DELEGATED } from './inapplicable.js'

export const tooWeak = scenario({
  name: 'too-weak',
  summary: 'every allocator is NOFS, and only the filesystem could free memory',
  source: 'commit 7dea19f9ee63, reason 3; mm/page_alloc.c, __alloc_pages_may_oom',
  inapplicable: NOTHING_DELEGATED,
  build(kernel) {
    kernel.limitMemory({ pages: 0, oomVictims: 1 })
    const dirty = kernel.variable('dirty pages', 2)
    kernel.shrinker('writepage', __GFP_FS, function* () {
      if ((yield* dirty.get()) === 0) return
      yield* dirty.add(-1)
      yield* kernel.freePages()
    })
    kernel.replicate('writer', 2, () => {
      kernel.task('writer', function* () {
        yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
          yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
        })
        yield* kernel.freePages()
      })
    })
  },
})
