/** Stand-ins: a folder with programs, a kernel and headers that look like real ones, for tests without QEMU and compilers. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What no stand-in may start, whatever is asked for: it would change the kernel that runs here. */
const FORBIDDEN = ['insmod', 'modprobe', 'kmod', 'kexec', 'sudo', 'su', 'reboot', 'poweroff']

/** A static program for x86-64, as far as its header goes. @param interpreter whether it names a dynamic linker */
export function elf({ interpreter = false } = {}): Buffer {
  const bytes = Buffer.alloc(64 + 56)
  bytes.write('\x7fELF\x02\x01\x01', 'latin1')
  bytes.writeUInt16LE(62, 18)
  bytes.writeBigUInt64LE(64n, 32)
  bytes.writeUInt16LE(56, 54)
  bytes.writeUInt16LE(1, 56)
  bytes.writeUInt32LE(interpreter ? 3 : 1, 64)
  return bytes
}

/** A bzImage, as far as its header goes. */
export function bzImage(release: string): Buffer {
  const bytes = Buffer.alloc(0x4000)
  bytes.write('HdrS', 0x202, 'latin1')
  bytes.writeUInt16LE(0x3000, 0x20e)
  bytes.write(`${release} (builder@host) #1 SMP\0`, 0x3200, 'latin1')
  return bytes
}

/** Options of a kernel that can be the machine's. */
const OPTIONS = ['MODULES', 'BLK_DEV_INITRD', 'SERIAL_8250_CONSOLE', 'BINFMT_SCRIPT', 'PROC_FS']

export class StandIns {
  readonly folder = mkdtempSync(join(tmpdir(), 'kernel-sim-stand-ins-'))
  /** A `PATH` with the stand-ins and the plain tools of the shell. */
  readonly path = join(this.folder, 'bin')
  /** Where temporary files go. */
  readonly temporary = join(this.folder, 'tmp')
  /** The user's cache. */
  readonly cache = join(this.folder, 'cache')
  /** Is written when something was started that may not be. */
  readonly alarm = join(this.folder, 'alarm')

  constructor() {
    for (const each of [this.path, this.temporary]) mkdirSync(each)
    for (const tool of ['sh', 'sleep', 'cat', 'timeout', 'basename']) this.tool(tool)
    for (const name of FORBIDDEN) this.program(name, `echo "$0 $*" >> ${this.alarm}`)
  }

  /** The environment for a command that uses them. */
  get env(): Record<string, string> {
    return { PATH: this.path, TMPDIR: this.temporary, XDG_CACHE_HOME: this.cache }
  }

  /** A tool of the system, as it is. */
  tool(name: string): void {
    symlinkSync(join('/usr/bin', name), join(this.path, name))
  }

  /** A program, as a script for sh. */
  program(name: string, script: string): void {
    const file = join(this.path, name)
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
  }

  /** A file. @returns its path */
  file(path: string, content: string | Uint8Array): string {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    return file
  }

  /** All that a run needs: make makes a module, and QEMU does what the script says. */
  all(qemu: string): { readonly kernel: string; readonly headers: string } {
    this.file('bin/busybox', elf())
    chmodSync(join(this.path, 'busybox'), 0o755)
    this.program('gcc', 'exit 1')
    // make -C FOLDER HEADERS=...
    this.program('make', 'for c in "$2"/*.c; do echo module > "$2/$(basename "$c" .c).ko"; done')
    this.program('qemu-system-x86_64', qemu)
    return { kernel: this.file('vmlinuz', bzImage('6.1.0-stand-in')), headers: this.headers() }
  }

  headers(release = '6.1.0-stand-in', options = OPTIONS): string {
    const folder = join(this.folder, 'headers')
    this.file('headers/include/generated/utsrelease.h', `#define UTS_RELEASE "${release}"\n`)
    this.file(
      'headers/include/config/auto.conf',
      options.map((option) => `CONFIG_${option}=y\n`).join(''),
    )
    return folder
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}

/** Returns true if there is a process of that number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
