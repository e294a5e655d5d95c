/** What is started, and that nothing of it is left: with stand-ins for QEMU, make and a kernel. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { buildModule } from '../../src/boot/build-module.js'
import { busybox } from '../../src/boot/busybox.js'
import { findKernel } from '../../src/boot/find-kernel.js'
import { kernelOf } from '../../src/boot/kernel-image.js'
import { kvmRuns } from '../../src/boot/kvm.js'
import { bootMachine } from '../../src/boot/machine.js'
import { requirePrograms } from '../../src/boot/programs.js'
import { tryModule } from '../../src/boot/try-module.js'
import { whyMakeFailed } from '../../src/boot/why-make-failed.js'
import { InputError } from '../../src/input-error.js'
import { bzImage, elf, isAlive, StandIns } from './stand-ins.js'

let at: StandIns
beforeEach(() => {
  at = new StandIns()
  for (const [name, value] of Object.entries(at.env)) vi.stubEnv(name, value)
})
afterEach(() => {
  vi.unstubAllEnvs()
  expect(existsSync(at.alarm)).toBe(false)
  at.remove()
})

const signal = new AbortController().signal
const FILES = [{ path: 'init', content: '#!/bin/busybox sh\n', executable: true }]

function boot(over: Partial<Parameters<typeof bootMachine>[0]> = {}) {
  const image = join(at.folder, 'vmlinuz')
  return bootMachine({ image, files: FILES, accelerator: 'tcg', seconds: 60, signal, ...over })
}

test('what the machine prints comes line by line, and as a whole', async () => {
  at.all(`printf 'one\\r\\ntwo\\r\\n'; echo "$@" > ${at.folder}/args`)
  const lines: string[] = []
  expect(await boot({ onLine: (line) => lines.push(line) })).toEqual({
    console: 'one\r\ntwo\r\n',
    timedOut: false,
  })
  expect(lines).toEqual(['one', 'two'])
  expect(readFileSync(join(at.folder, 'args'), 'utf8')).toMatch(/-initrd \S+ -append console=ttyS0/)
  expect(readdirSync(at.temporary)).toEqual([])
})

test('its console is a file: what nobody reads in time QEMU would drop from a pipe', async () => {
  at.all('[ -f /proc/self/fd/1 ] && echo file')
  expect((await boot()).console).toBe('file\n')
})

/** A machine that never ends, and neither does what it has started. */
const HANGS = (folder: string) =>
  `sleep 1000 & echo $! $$ > ${folder}/pids; echo begun; wait; sleep 1000`

function pids(): number[] {
  return readFileSync(join(at.folder, 'pids'), 'utf8').trim().split(' ').map(Number)
}

/** The system takes a moment to bury a process that was killed. */
async function allGone(): Promise<void> {
  await vi.waitFor(() => expect(pids().filter(isAlive)).toEqual([]), { timeout: 10_000 })
  expect(readdirSync(at.temporary)).toEqual([])
}

test('a machine whose time is over is ended, with what it has started', async () => {
  at.all(HANGS(at.folder))
  expect(await boot({ seconds: 0.5 })).toEqual({ console: 'begun\n', timedOut: true })
  await allGone()
})

test('an interrupted machine is ended, with what it has started', async () => {
  at.all(HANGS(at.folder))
  const controller = new AbortController()
  const interrupted = new InputError('interrupted')
  const run = boot({ signal: controller.signal, onLine: () => controller.abort(interrupted) })
  await expect(run).rejects.toBe(interrupted)
  await allGone()
})

test('a machine that was interrupted before is not started', async () => {
  at.all('exit 0')
  await expect(boot({ signal: AbortSignal.abort(new InputError('interrupted')) })).rejects.toThrow(
    'interrupted',
  )
})

test('what QEMU complains of is said in one sentence', async () => {
  at.all('echo "qemu-system-x86_64: could not open kernel file" >&2; exit 1')
  await expect(boot()).rejects.toThrow(/^QEMU ended: could not open kernel file$/)
  at.all(
    'echo "qemu-system-x86_64: cannot set up guest memory: Cannot allocate memory" >&2; exit 1',
  )
  await expect(boot()).rejects.toThrow(/^QEMU does not get the memory for the machine: .*--memory$/)
  expect(readdirSync(at.temporary)).toEqual([])
})

test('KVM is believed only when a kernel has come to its first program under it', async () => {
  const { kernel: image, headers } = at.all(
    'echo "qemu-system-x86_64: failed to init KVM" >&2; exit 1',
  )
  const kernel = kernelOf(image, headers)
  expect(await kvmRuns(kernel, elf(), signal)).toBe(false)
  at.all('echo SeaBIOS')
  expect(await kvmRuns(kernel, elf(), signal)).toBe(false)
  at.all('case "$*" in *"-accel kvm"*) echo "probe: it runs";; esac')
  expect(await kvmRuns(kernel, elf(), signal)).toBe(true)
})

test('programs that are missing are named with their packages, all at once', () => {
  const needed = ['qemu-system-x86_64', 'make'].map((program) => ({
    program,
    package: `p-${program}`,
  }))
  expect(() => requirePrograms(needed)).toThrow(
    /^qemu-system-x86_64 and make are not installed: apt install p-qemu-system-x86_64 p-make$/,
  )
  at.all('')
  requirePrograms(needed)
})

test('a busybox that needs libraries is refused', () => {
  expect(() => busybox()).toThrow('busybox is not installed: apt install busybox-static')
  at.all('')
  expect(busybox()).toEqual(elf())
  at.file('bin/busybox', elf({ interpreter: true }))
  expect(() => busybox()).toThrow(/busybox is not static: it needs libraries: apt install/)
  at.file('bin/busybox', '#!/bin/sh\n')
  expect(() => busybox()).toThrow(/is not a program/)
})

test('a kernel is one with its headers, or it is said what is wrong', () => {
  const { kernel, headers } = at.all('')
  expect(findKernel({ kernel, headers })).toMatchObject({
    image: kernel,
    release: '6.1.0-stand-in',
  })
  const wrong = (over: { kernel?: string; headers?: string }) => () =>
    findKernel({ kernel, headers, ...over })
  expect(wrong({ kernel: join(at.folder, 'none') })).toThrow(
    /none cannot be read: there is no such file or folder$/,
  )
  expect(wrong({ kernel: at.folder })).toThrow(/cannot be read: it is a folder$/)
  expect(wrong({ kernel: at.file('short', 'HdrS') })).toThrow(/is not a kernel for x86/)
  expect(wrong({ kernel: at.file('zeros', bzImage('')) })).toThrow(/is damaged: its header/)
  expect(wrong({ kernel: at.file('other', bzImage('6.2.0')) })).toThrow(
    /headers of 6.1.0-stand-in, and .*other is 6.2.0: a module for the one does not load/,
  )
  expect(wrong({ headers: at.folder })).toThrow(/has no headers to build a module with/)
  expect(wrong({ kernel: '6.2.0' })).toThrow(/there is no kernel 6.2.0 with its headers \(there: /)
  at.headers('6.1.0-stand-in', ['MODULES'])
  expect(wrong({})).toThrow(/cannot be used: it cannot start from an initramfs/)
})

test('a kernel without headers says how to get them', () => {
  const kernel = at.file('vmlinuz-9.9.9-none', bzImage('9.9.9-none'))
  expect(() => findKernel({ kernel })).toThrow(
    /the headers of 9.9.9-none are not installed: apt install linux-headers-9.9.9-none/,
  )
})

test('a module is built and booted with what the machine needs', async () => {
  const { kernel: image, headers } = at.all('for a; do [ -f "$a" ] && cat "$a"; done; exit 0')
  at.file('ksim.c', '')
  const { console } = await tryModule({
    folder: at.folder,
    name: 'ksim',
    parameters: ['rounds=3'],
    kernel: kernelOf(image, headers),
    accelerator: 'tcg',
    seconds: 60,
    signal,
  })
  for (const part of [
    '\0bin/busybox\0',
    '\0module.ko\0module\n',
    '/module.ko rounds=3\n',
    'dev/console',
  ]) {
    expect(console).toContain(part.replace(/^\0/, ''))
  }
})

test('a module that cannot be built says why in the compiler’s words', async () => {
  const { kernel: image, headers } = at.all('')
  const kernel = kernelOf(image, headers)
  const build = () => buildModule({ folder: at.folder, name: 'ksim', kernel, signal })
  at.file('ksim.c', '')
  expect(Buffer.from(await build()).toString()).toBe('module\n')
  at.program('make', 'echo "ksim.c:3:5: error: implicit declaration of x" >&2; exit 2')
  await expect(build()).rejects.toThrow(
    /cannot be built for 6.1.0-stand-in: ksim.c:3:5: error: implicit declaration of x$/,
  )
  at.file('headers/.kernelvariables', 'CC = $(if x,y) $(CROSS_COMPILE)gcc-99\n')
  await expect(build()).rejects.toThrow(
    'the headers of 6.1.0-stand-in need gcc-99, which is not installed: apt install gcc-99',
  )
})

test.each([
  ['cc1: error: a\nas: No space left on device', 'the disk is full'],
  ['make: gcc-12: not found\nmake: *** [x] Error 127', 'make: gcc-12: not found'],
  ['***\n*** The source tree is not clean, please run', /make mrproper in it cleans it/],
  ['', 'make ended with 2'],
])('why make failed is found in %j', (complaints, why) => {
  expect(whyMakeFailed({ status: 2, output: '', complaints, timedOut: false })).toMatch(why)
})
