/**
 * Lockdep config: what a tiny kernel needs beside `make tinyconfig` to be the machine's kernel, with lockdep. It is built in minutes
 * and boots in less than a second.
 */

/** Options that are set, with why. */
const OPTIONS: readonly { readonly why: string; readonly options: readonly string[] }[] = [
  {
    why: 'A 64-bit kernel whose console is a serial line',
    options: ['64BIT', 'PRINTK', 'TTY', 'SERIAL_8250', 'SERIAL_8250_CONSOLE', 'EARLY_PRINTK'],
  },
  {
    why: 'It starts a script for busybox from an initramfs, which is not compressed',
    options: ['BLK_DEV_INITRD', 'BINFMT_ELF', 'BINFMT_SCRIPT', 'MULTIUSER', 'FUTEX', 'EPOLL'],
  },
  {
    why: 'What the script reads and sets',
    options: ['PROC_FS', 'PROC_SYSCTL', 'SYSCTL', 'SYSFS', 'POSIX_TIMERS', 'STACKTRACE'],
  },
  { why: 'It loads modules', options: ['MODULES', 'MODULE_UNLOAD'] },
  { why: 'File systems in memory, whose pages can be given up', options: ['SHMEM', 'TMPFS'] },
  {
    why: 'It ends, and its clock is exact',
    options: ['ACPI', 'PCI', 'HIGH_RES_TIMERS', 'NO_HZ_IDLE'],
  },
  {
    why: 'What it says of tasks that hang',
    options: ['DEBUG_KERNEL', 'DETECT_HUNG_TASK', 'WQ_WATCHDOG', 'KALLSYMS', 'MAGIC_SYSRQ'],
  },
  { why: 'lockdep', options: ['PROVE_LOCKING', 'DEBUG_ATOMIC_SLEEP'] },
  {
    why: 'Stacks that are exact without libelf',
    options: ['UNWINDER_FRAME_POINTER', 'FRAME_POINTER'],
  },
  { why: 'As kernels of distributions are', options: ['SLUB', 'PREEMPT_VOLUNTARY'] },
  { why: 'Instructions are counted: fewer of them', options: ['CC_OPTIMIZE_FOR_PERFORMANCE'] },
]

/** Options that are not set, because others of the same choice are, or to build it faster. */
const UNSET = ['CC_OPTIMIZE_FOR_SIZE', 'UNWINDER_ORC', 'RD_GZIP', 'IKCONFIG']

/** Lines for the end of a `.config`, from which `make olddefconfig` makes a whole one. */
export function lockdepConfig(): string {
  return [
    '# What kernel-sim needs beside tinyconfig.',
    ...OPTIONS.flatMap(({ why, options }) => [
      `# ${why}.`,
      ...options.map((option) => `CONFIG_${option}=y`),
    ]),
    '# To build it faster.',
    ...UNSET.map((option) => `# CONFIG_${option} is not set`),
    '',
  ].join('\n')
}

/** Options without which the kernel is of no use for this; older kernels do not have all the others. */
const INDISPENSABLE = ['PROVE_LOCKING', 'MODULES', 'SERIAL_8250_CONSOLE', 'BLK_DEV_INITRD', '64BIT']

/** What of it a whole `.config` has not. */
export function missingOptions(config: string): string[] {
  const lines = new Set(config.split('\n'))
  return INDISPENSABLE.map((option) => `CONFIG_${option}`).filter(
    (option) => !lines.has(`${option}=y`),
  )
}
