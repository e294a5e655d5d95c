/** Run script: builds the module and boots a kernel with it, for who has the folder and no kernel-sim. */
import { MODULE_PATH } from './init.js'
import { KERNEL_COMMAND_LINE, MEMORY, QEMU, qemuArguments } from './qemu.js'

/** The text. @param name of the module */
export function runScript(name: string): string {
  return `#!/bin/sh
# Builds the module ${name} and boots a kernel with it in QEMU, whose console is printed: ./run.sh KERNEL [HEADERS]
# KERNEL is a bzImage, HEADERS the folder that modules for it are built with (/usr/src/linux-headers-RELEASE). It takes
# qemu-system-x86, busybox-static, make and gcc. The module is loaded in the machine alone, never here.
set -eu
cd "$(dirname "$0")"
kernel=\${1:?which kernel? ./run.sh KERNEL [HEADERS]}
headers=\${2:-/usr/src/linux-headers-\${kernel##*/vmlinuz-}}
for program in make gcc busybox ${QEMU}; do
	command -v "$program" > /dev/null || { echo "$program is not installed" >&2; exit 2; }
done
make HEADERS="$headers" >&2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$dir/root/bin"
cp "$(command -v busybox)" "$dir/root/bin/busybox"
cp ${name}.ko "$dir/root/${MODULE_PATH}"
cp init "$dir/root/init"
chmod +x "$dir/root/init"
(cd "$dir/root" && find . | busybox cpio -o -H newc) > "$dir/initrd" 2> /dev/null
# Through cat, which waits for who reads: QEMU does not, and drops what comes meanwhile.
timeout --foreground --signal=KILL "\${SECONDS_AT_MOST:-120}" ${QEMU} \\
${shellLines()} < /dev/null | cat
`
}

/** The arguments of QEMU as the shell reads them, one option a line. */
function shellLines(): string {
  const args = qemuArguments({
    kernel: '$kernel',
    initrd: '$dir/initrd',
    append: KERNEL_COMMAND_LINE,
    memory: MEMORY,
    accelerator: 'tcg',
  })
  const lines: string[] = []
  for (const arg of args) {
    const written = /^[\w.,=-]+$/.test(arg) ? arg : `"${arg}"`
    const last = lines.length - 1
    if (/^-[a-z]/.test(arg)) lines.push(written)
    else lines[last] = `${lines[last]} ${written}`
  }
  return lines.map((line) => `  ${line}`).join(' \\\n')
}
