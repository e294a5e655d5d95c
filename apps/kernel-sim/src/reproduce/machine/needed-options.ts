/** Needed options: what a kernel must have been configured with to be the machine's. */

const NEEDED: readonly { readonly option: string; readonly why: string }[] = [
  { option: 'MODULES', why: 'load the module' },
  { option: 'BLK_DEV_INITRD', why: 'start from an initramfs' },
  { option: 'SERIAL_8250_CONSOLE', why: 'print to a serial line' },
  { option: 'BINFMT_SCRIPT', why: 'start a script' },
  { option: 'PROC_FS', why: 'show its tasks' },
]

/** What a kernel with these options cannot do, in words; undefined where it can do all. */
export function lacking(options: ReadonlySet<string>): string | undefined {
  const lacks = NEEDED.filter(({ option }) => !options.has(option))
  return lacks.length === 0
    ? undefined
    : lacks.map(({ option, why }) => `it cannot ${why} (CONFIG_${option}=y)`).join(', and ')
}
