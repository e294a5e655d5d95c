/** Case 12: vmalloc is asked with GFP_NOFS, but allocates page tables with GFP_KERNEL deep below. */
import { __GFP_FS, GFP_KERNEL, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'
import { NOTHING_DELEGATED } from './inapplicable.js'

function build(kernel: Kernel, since517: boolean): void {
  const lock = kernel.mutex('fs lock')
  kernel.shrinker('fs_shrink', __GFP_FS, function* () {
    yield* lock.lock()
    yield* lock.unlock()
  })
  const mapPages = function* () {
    yield* kernel.kmalloc(GFP_KERNEL)
  }
  const vmalloc = kernel.procedure('__vmalloc_area_node', function* (gfp: number) {
    yield* kernel.kmalloc(gfp)
    if (!since517 || (gfp & __GFP_FS) !== 0) return yield* mapPages()
    const saved = yield* kernel.scopes.memallocNofsSave()
    yield* mapPages()
    yield* kernel.scopes.memallocNofsRestore(saved)
  })
  kernel.task('mount', function* () {
    yield* lock.lock()
    yield* kernel.scopes.section(PF_MEMALLOC_NOFS, () => vmalloc(kernel.gfp(GFP_NOFS)))
    yield* lock.unlock()
  })
}

export const vmalloc = scenario({
  name: 'vmalloc',
  summary: 'page tables are allocated with GFP_KERNEL below a vmalloc with GFP_NOFS',
  source: 'mm/vmalloc.c before 5.17',
  inapplicable: NOTHING_DELEGATED,
  history: {
    told: 'vmalloc() passed its gfp to the pages but allocated page tables with GFP_KERNEL, whatever it was asked for: a flag argument does not get to the bottom. Callers in filesystems opened scopes around it; btrfs did so in 2017 (fe3085330755).',
    leavesOut: 'The size from which kvmalloc() turns to vmalloc().',
    upstream: {
      says: 'GFP_NOFS was said to be unsupported by vmalloc().',
      under: 'explicit',
      verdict: 'deadlock',
    },
  },
  build: (kernel) => build(kernel, false),
})

export const vmallocScoped = scenario({
  name: 'vmalloc-5-17',
  summary: 'the same since vmalloc opens a scope for what it was asked with',
  source: 'mm/vmalloc.c since 5.17',
  inapplicable: NOTHING_DELEGATED,
  history: {
    told: 'Since 5.17 vmalloc() opens the scope that its gfp stands for, so that it may be asked with GFP_NOFS and GFP_NOIO.',
    leavesOut: 'The size from which kvmalloc() turns to vmalloc().',
    upstream: { says: 'GFP_NOFS is supported by vmalloc().', under: 'explicit', verdict: 'safe' },
  },
  build: (kernel) => build(kernel, true),
})
