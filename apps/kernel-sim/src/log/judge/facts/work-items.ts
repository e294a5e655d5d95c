/** Work items: what is known of items and queues that reports of flushes name: whether an item allocates, whether reclaim waits for a queue. */

interface ItemFact {
  readonly fn: RegExp
  readonly allocates: boolean
  readonly why: string
}

const ITEMS: readonly ItemFact[] = [
  {
    fn: /^quota_release_workfn$/,
    allocates: true,
    why: 'it writes dquots back through the filesystem, which starts transactions and allocates (fs/quota/dquot.c)',
  },
  {
    fn: /^xfs_flush_inodes_worker$/,
    allocates: true,
    why: 'it writes inodes back, which starts transactions and allocates (fs/xfs/xfs_super.c)',
  },
  {
    fn: /^(?:kfree_rcu_work|kfree_rcu_monitor)$/,
    allocates: false,
    why: 'it only frees (mm/slab_common.c)',
  },
  {
    fn: /^(?:lru_add_drain_per_cpu|vmstat_update|drain_local_pages_wq)$/,
    allocates: false,
    why: 'it only moves pages between lists (mm/swap.c, mm/vmstat.c)',
  },
  {
    fn: /^(?:xlog_cil_push_work|xlog_ioend_work|xfs_end_io|xfs_inodegc_worker|nfs_\w+|rpc_async_\w+|rht_deferred_worker|disk_events_workfn|wb_workfn)$/,
    allocates: true,
    why: 'it was seen to allocate',
  },
]

/** What is known of a work function. */
export function itemFact(fn: string): ItemFact | undefined {
  return ITEMS.find((item) => item.fn.test(fn))
}

/** Queues that memory reclaim, or the I/O that it waits for, goes through. */
const RECLAIM_QUEUES =
  /^(?:writeback|kblockd|kthrotld|xfs-|xfs_|ext4-|btrfs-|jbd2|kcryptd|kverityd|kcopyd|dm-|dm_|kmpath|loop|md|bcache|ceph|rbd|nbd|nvme|iscsi|scsi|ata|rpciod|nfsiod|xprtiod|zfs|z_|gfs2|dlm|ocfs2|f2fs|mm_percpu_wq|blkcg|raid5wq|virtio|mlx5|nvmet|smc)/

/** Returns true if reclaim is known to wait for items of a queue. */
export function isReclaimQueue(queue: string): boolean {
  return RECLAIM_QUEUES.test(queue)
}
