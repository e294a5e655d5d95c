/** KVM: tried, not believed. That /dev/kvm opens says nothing: there are ones under which a kernel never comes to its first program. */
import type { Kernel } from './kernel-image.js'
import { bootMachine } from './machine.js'

/** A kernel that runs under KVM boots in two seconds. */
const SECONDS = 20

/** What the first program of the probe says. */
const SIGN = 'probe: it runs'

/** The first program of the probe. */
const INIT = `#!/bin/busybox sh
echo "${SIGN}"
/bin/busybox reboot -f
`

/** Returns true if a kernel comes to its first program under KVM. @throws InputError when the probe was interrupted. */
export async function kvmRuns(
  { image }: Kernel,
  busybox: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { console } = await bootMachine({
      image,
      files: [
        { path: 'init', content: INIT, executable: true },
        { path: 'bin/busybox', content: busybox, executable: true },
        { path: 'dev/console', major: 5, minor: 1 },
      ],
      accelerator: 'kvm',
      seconds: SECONDS,
      signal,
    })
    return console.includes(SIGN)
  } catch (thrown) {
    if (signal.aborted) throw thrown
    // QEMU says that it cannot, which is an answer.
    return false
  }
}
