/**
 * Waits: what a blocked task waits for, as the functions on its stack say, and who brings that about. A wait for a lock ends by its owner;
 * a wait for anything else by a thread, a work item or somebody outside of the kernel.
 */
import { plainName } from '../../../trace/attribute/plain-name.js'

/** What tasks wait for that is not a lock. */
export const RESOURCES = {
  writeback: {
    what: 'the end of the writeback of a page',
    by: 'whatever completes the I/O of that page: the device, the server, or the daemon below its filesystem',
  },
  'page-lock': {
    what: 'the lock of a page',
    by: 'the task that locked the page, or the I/O that reads it',
  },
  journal: {
    what: 'the journal of ext4 (jbd2): a commit, or room in it',
    by: 'the journal thread, jbd2/DEVICE',
  },
  'xfs-log': { what: 'room in the log of XFS, or its flush', by: 'xfsaild and the log workers' },
  txg: { what: 'a transaction group of ZFS', by: 'txg_sync, whose writes are issued by z_wr_iss' },
  zio: { what: 'an I/O of ZFS', by: 'the z_ threads, and the devices' },
  'btrfs-transaction': { what: 'a transaction of btrfs', by: 'btrfs-transaction' },
  work: { what: 'a work item', by: 'the worker that runs the item' },
  completion: { what: 'a completion', by: 'whoever completes it' },
  fuse: { what: 'the answer of a FUSE daemon', by: 'the daemon, a process' },
  nfs: { what: 'an NFS server', by: 'rpciod and the server' },
  request: { what: 'a request of the block layer', by: 'the driver of the device' },
  memory: { what: 'free memory', by: 'kswapd, and others that reclaim' },
  rcu: { what: 'a grace period of RCU', by: 'all CPUs and tasks inside of read sections' },
  quota: { what: 'a dquot', by: 'whoever has it locked' },
  io: { what: 'I/O', by: 'the driver of the device' },
} as const

export type Resource = keyof typeof RESOURCES

/** How a function on a stack tells the wait; the innermost one that is listed counts. */
const WAITS: readonly (readonly [fn: RegExp, waits: Resource | 'lock'])[] = [
  [
    /^(?:wait_on_page_writeback|folio_wait_writeback\w*|__filemap_fdatawait_range|filemap_fdatawait\w*|file_fdatawait_range)$/,
    'writeback',
  ],
  [/^(?:__lock_page\w*|lock_page\w*|__folio_lock\w*|folio_lock\w*)$/, 'page-lock'],
  [
    /^(?:jbd2_log_wait_commit|__jbd2_log_wait_for_space|jbd2_log_do_checkpoint|add_transaction_credits|wait_transaction_(?:locked|switching)|start_this_handle|jbd2_journal_lock_updates|do_get_write_access|jbd2_journal_get_write_access|log_wait_commit)$/,
    'journal',
  ],
  [
    /^(?:xlog_grant_head_\w+|xfs_log_reserve|xlog_wait\w*|xfs_log_force\w*|xlog_cil_(?:force|push)\w*|xfs_buf_iowait|xfs_iunpin_wait)$/,
    'xfs-log',
  ],
  [/^(?:txg_wait_(?:open|synced)\w*|dmu_tx_wait)$/, 'txg'],
  [/^zio_wait$/, 'zio'],
  [
    /^(?:wait_current_trans\w*|btrfs_(?:commit_transaction|wait_for_commit|wait_ordered_\w+))$/,
    'btrfs-transaction',
  ],
  [
    /^(?:__flush_work|flush_work\w*|__flush_workqueue|flush_workqueue\w*|drain_workqueue|cancel_(?:delayed_)?work_sync|__cancel_work_\w+)$/,
    'work',
  ],
  [
    /^(?:request_wait_answer|fuse_simple_request|__fuse_request_send|fuse_request_send|fuse_wait_\w+)$/,
    'fuse',
  ],
  [
    /^(?:rpc_wait_bit_killable|__rpc_execute|nfs_wait_\w+|nfs_file_fsync|nfs_wb_\w+|nfs4?_call_sync\w*)$/,
    'nfs',
  ],
  [
    /^(?:blk_mq_get_tag|get_request|blk_queue_enter|bio_queue_enter|__bio_queue_enter|wbt_wait|rq_qos_wait|blk_execute_rq|blk_mq_freeze_queue_wait)$/,
    'request',
  ],
  [
    /^(?:congestion_wait|wait_iff_congested|reclaim_throttle|throttle_direct_reclaim|throttle_vm_writeout|balance_dirty_pages\w*|mem_cgroup_oom_synchronize|mem_cgroup_handle_over_high)$/,
    'memory',
  ],
  [
    /^(?:synchronize_(?:rcu|srcu|sched|net)\w*|__synchronize_srcu|__?wait_rcu_gp|wait_rcu_gp)$/,
    'rcu',
  ],
  [/^(?:dqget|wait_on_dquot|dquot_acquire)$/, 'quota'],
  [
    /^(?:__?mutex_lock\w*|mutex_lock\w*|rt_mutex_\w+|__rt_mutex_\w+|down_(?:read|write)\w*|rwsem_down_\w+|call_rwsem_\w+|__down_(?:read|write)\w*|percpu_rwsem_wait|__percpu_down_read|percpu_down_\w+|down|__down\w*|down_killable|lock_acquire)$/,
    'lock',
  ],
  [/^(?:wait_for_completion\w*|(?:__?|do_)?wait_for_common)$/, 'completion'],
  [
    /^(?:submit_bio_wait|bio_wait\w*|__wait_on_buffer|__bread\w*|wait_on_buffer|blkdev_\w+|read_cache_\w+)$/,
    'io',
  ],
]
/** A wait that the functions outside of it name better. */
const GENERAL: ReadonlySet<string> = new Set([
  'wait_on_page_bit',
  'wait_on_page_bit_common',
  'folio_wait_bit',
  'folio_wait_bit_common',
  'io_schedule',
  'io_schedule_timeout',
  'bit_wait_io',
])
/** So many functions outside of the sleep are looked at: what stands further out is why, not for what. */
const DEPTH = 8

export interface Wait {
  readonly waits: Resource | 'lock'
  /** The function that tells it. */
  readonly fn: string
  /** The first function outside of the waiting. */
  readonly site: string
}

/** A name that kernels give to whatever function stands first among those that sleep. */
const ALIAS = '__sched_text_start'

/** What a task waits for, innermost function first; undefined where no function says. */
export function waitOn(functions: readonly string[]): Wait | undefined {
  const names = functions.map(plainName)
  const first = names.slice(0, DEPTH).findIndex((name) => knownWait(name) !== undefined)
  if (first >= 0) {
    // What is waited for by a completion the functions outside of it say better.
    const better =
      knownWait(names[first]) !== 'completion'
        ? -1
        : names.slice(first + 1, first + 1 + OUTSIDE).findIndex((name) => isBetter(knownWait(name)))
    const at = better < 0 ? first : first + 1 + better
    const waits = knownWait(names[at]) ?? 'completion'
    let site = at + 1
    while (site < names.length && (names[site] === ALIAS || knownWait(names[site]) === waits))
      site++
    return { waits, fn: functions[at] ?? '', site: functions[site] ?? '?' }
  }
  const general = names.findIndex((name) => GENERAL.has(name))
  if (general < 0) return undefined
  return { waits: 'io', fn: functions[general] ?? '', site: functions[general + 1] ?? '?' }
}

/** So many functions outside of a completion are looked at. */
const OUTSIDE = 4

function knownWait(name: string | undefined): Resource | 'lock' | undefined {
  return name === undefined ? undefined : WAITS.find(([fn]) => fn.test(name))?.[1]
}

function isBetter(waits: Resource | 'lock' | undefined): boolean {
  return waits !== undefined && waits !== 'completion' && waits !== 'lock'
}

/** Who brings about what. */
interface Server {
  readonly resource: Resource
  /** The name of the thread. */
  readonly comm?: RegExp
  /** The queue and function of its item. */
  readonly work?: RegExp
  /** True if it can only go on when the resource comes, whichever instance it is: then waiting for it itself closes a circle. */
  readonly closes: boolean
}

const SERVERS: readonly Server[] = [
  { resource: 'journal', comm: /^k?jbd2?\//, closes: true },
  { resource: 'journal', comm: /^kjournald2?/, closes: true },
  { resource: 'xfs-log', comm: /^xfsaild\//, closes: true },
  { resource: 'xfs-log', work: /^xfs-(?:cil|log|buf)/, closes: false },
  { resource: 'txg', comm: /^txg_(?:sync|quiesce)/, closes: true },
  { resource: 'txg', comm: /^z_(?:wr|null)_/, closes: true },
  { resource: 'zio', comm: /^z_/, closes: false },
  { resource: 'btrfs-transaction', comm: /^btrfs-(?:transacti|cleaner)/, closes: true },
  { resource: 'memory', comm: /^kswapd/, closes: false },
  { resource: 'nfs', comm: /^(?:rpciod|nfsiod|nfsd)/, closes: false },
  { resource: 'nfs', work: /^(?:rpciod|nfsiod)/, closes: false },
  {
    resource: 'writeback',
    work: /^(?:xfs-conv|ext4-rsv-conver|kcryptd|loop|rpciod|nfsiod|ceph-msgr|kblockd)/,
    closes: false,
  },
  { resource: 'writeback', comm: /^(?:loop\d|nbd\d|dmcrypt_write|md\d)/, closes: false },
  { resource: 'request', comm: /^(?:loop\d|nbd\d|md\d)/, closes: false },
]

/** Processes that serve a filesystem or a device from outside of the kernel. */
const DAEMON =
  /^(?:mfsmount|gluster\w*|ceph-fuse|sshfs|ntfs-3g|mount\.ntfs|juicefs|s3fs|rclone|goofys|fuse\w*|tgtd|iscsid|nbd-(?:client|server)|multipathd|px\w*|io-engine|zfs-fuse|ublk\w*)/

/** Returns true if a process serves I/O: then memory that it waits for may need its own service. */
export function servesIo(comm: string): boolean {
  return DAEMON.test(comm)
}

/** What a task brings about, by its name or the item that it works on. */
export function serversOf(comm: string, work: string | undefined): readonly Server[] {
  const daemon: Server[] = servesIo(comm)
    ? (['fuse', 'writeback', 'request', 'io'] as const).map((resource) => ({
        resource,
        closes: true,
      }))
    : []
  return [
    ...daemon,
    ...SERVERS.filter(
      (server) => server.comm?.test(comm) || (work !== undefined && server.work?.test(work)),
    ),
  ]
}
