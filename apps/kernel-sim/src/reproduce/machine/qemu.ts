/** QEMU: the command line of the machine that a kernel is tried in. It has one CPU, no disk and no network. */

/** What runs the machine's instructions. */
export type Accelerator =
  /** The host's CPU, where that has been tried. */
  | 'kvm'
  /**
   * QEMU itself, which counts instructions: the machine's clock follows them and not the time that passes, and a machine that
   * sleeps does not wait. It does not go together with several CPUs: the boot hangs (QEMU 7.2).
   */
  | 'tcg'

export interface MachineParts {
  /** Paths. */
  readonly kernel: string
  readonly initrd: string
  /** The kernel's own command line. */
  readonly append: string
  /** MiB. */
  readonly memory: number
  readonly accelerator: Accelerator
}

/** The program. */
export const QEMU = 'qemu-system-x86_64'

/**
 * The arguments of QEMU. The console is its standard output, and it ends when the kernel reboots.
 * - `-cpu qemu64,-cx16`: QEMU 7.2 gets cmpxchg16b wrong without KVM, and 6.12 dies of a double fault in early boot.
 * - `-nodefaults`: no network card, floppy drive or screen, whose drivers would use workers and memory.
 */
export function qemuArguments({
  kernel,
  initrd,
  append,
  memory,
  accelerator,
}: MachineParts): readonly string[] {
  return [
    ...(accelerator === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-icount', 'shift=2,sleep=off', '-rtc', 'clock=vm', '-accel', 'tcg']),
    ...(accelerator === 'kvm' ? [] : ['-cpu', 'qemu64,-cx16']),
    ...['-smp', '1', '-m', String(memory), '-nodefaults', '-nographic', '-no-reboot'],
    ...['-serial', 'stdio', '-monitor', 'none'],
    ...['-kernel', kernel, '-initrd', initrd, '-append', append],
  ]
}

/** MiB of a machine: enough for any kernel of a distribution, and little enough that taking it all takes no second. */
export const MEMORY = 192

/** What the machine's kernel is told. `panic=-1`: a kernel that panics reboots, and with that QEMU ends. */
export const KERNEL_COMMAND_LINE = 'console=ttyS0 quiet panic=-1'
