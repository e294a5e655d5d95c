/** Reclaim: functions that say that a stack is inside of memory reclaim, and what reclaim may do there. */
import { plainName } from '../../../trace/attribute/plain-name.js'

/** Reclaim itself (mm/vmscan.c, mm/shrinker.c). */
const INSIDE =
  /^(?:balance_pgdat|kswapd|(?:do_)?try_to_free_(?:pages|mem_cgroup_pages)|shrink_(?:node|zone|slab|lruvec|list|inactive_list|page_list|folio_list|all_memory|one|many|lruvecs)\w*|do_shrink_slab|node_reclaim|__node_reclaim|mem_cgroup_(?:soft_limit_reclaim|shrink_node)\w*|__perform_reclaim|super_cache_scan|prune_super)$/

/** Returns true if a function is one of reclaim's. */
export function isReclaimFunction(name: string): boolean {
  return INSIDE.test(plainName(name))
}

/** Reclaim that only goes on where the request allows the filesystem: a NOFS scope keeps out of it. */
const GATED: readonly { readonly fn: RegExp; readonly source: string }[] = [
  {
    fn: /^(?:super_cache_scan|prune_super)$/,
    source: 'super_cache_scan returns without __GFP_FS (fs/super.c)',
  },
  {
    fn: /^(?:pageout|shrink_page_list|shrink_folio_list)$/,
    source: 'reclaim writes pages back through a filesystem only with __GFP_FS (mm/vmscan.c)',
  },
  {
    fn: /^xfs_qm_shrink_scan$/,
    source: 'xfs_qm_shrink_scan returns without __GFP_FS (fs/xfs/xfs_qm.c)',
  },
  {
    fn: /^(?:nfs_access_cache_scan|gfs2_qd_shrink_scan|dqcache_shrink_scan)$/,
    source: 'this shrinker returns without __GFP_FS',
  },
]

/** What keeps a NOFS request out of this stack, if anything is known to. */
export function gateOf(functions: readonly string[]): string | undefined {
  for (const name of functions) {
    const gate = GATED.find(({ fn }) => fn.test(plainName(name)))
    if (gate !== undefined) return gate.source
  }
  return undefined
}

/** The shrinker on a stack: the function that the slab shrinker calls. */
export function shrinkerOn(functions: readonly string[]): string | undefined {
  const at = functions.findIndex((name) => /^(?:do_shrink_slab|shrink_slab)/.test(plainName(name)))
  return at > 0 ? functions[at - 1] : undefined
}

/** Functions below which reclaim locks only objects that nobody else uses. */
interface Disposer {
  readonly fn: RegExp
  /** The classes of the locks of such objects. */
  readonly locks: RegExp
  readonly why: string
}

const INODE_LOCKS =
  /i_mutex|s_type->i_|i_rwsem|ilock|i_lock|xattr_sem|i_data_sem|i_mmap|invalidate_lock|inode/i

const DISPOSERS: readonly Disposer[] = [
  {
    fn: /^xfs_(?:icwalk_ag|icwalk|reclaim_inode|reclaim_inodes_nr|reclaim_inodes_ag|inode_reclaim)/,
    locks: INODE_LOCKS,
    why: 'XFS reclaims only inodes that have no references left (XFS_IRECLAIM), so the lock taken there is that of another inode',
  },
  {
    fn: /^(?:prune_icache_sb|dispose_list)$/,
    locks: INODE_LOCKS,
    why: 'the inode cache frees only inodes that have no references left, so the lock taken there is that of another inode',
  },
  {
    fn: /^(?:shrink_dentry_list|prune_dcache_sb|__dentry_kill)$/,
    locks: /d_lock|dentry/i,
    why: 'the dentry cache frees only dentries that have no references left',
  },
  {
    fn: /^(?:xfs_qm_dquot_isolate|xfs_qm_shrink_scan)$/,
    locks: /dquot|q_qlock/i,
    why: 'the quota shrinker frees only dquots that have no references left, and only tries their locks',
  },
]

/** Why a lock that is taken on a stack of reclaim's is that of an object which nobody uses; undefined where that is not known. */
export function disposerOn(functions: readonly string[], lock: string): string | undefined {
  const names = functions.map(plainName)
  return DISPOSERS.find(({ fn, locks }) => locks.test(lock) && names.some((name) => fn.test(name)))
    ?.why
}

/** Functions that are only called for an object that somebody uses: system calls on files and their like. */
const IN_USE =
  /^(?:vfs_\w+|ksys_\w+|do_sys_\w+|__(?:x64|arm64|se|ia32)_sys_\w+|SyS_\w+|sys_\w+|path_\w+|filename_\w+|\w+_file_(?:write|read)_iter|\w+_file_(?:write|read)|notify_change|do_iter_\w+|iter_file_\w+|setxattr|getxattr|iomap_\w+|generic_\w+|nfsd4?_\w+|filemap_fault|handle_mm_fault|io_\w+)$/

/** Returns true if a stack works on an object that somebody has open. */
export function isOnObjectInUse(functions: readonly string[]): boolean {
  return functions.some((name) => IN_USE.test(plainName(name)))
}
