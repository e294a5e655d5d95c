/** The texts that a machine is made of, as far as they can be looked at without one. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { initScript } from '../../src/reproduce/machine/init.js'
import { lockdepConfig, missingOptions } from '../../src/reproduce/machine/lockdep-config.js'
import { makefile } from '../../src/reproduce/machine/makefile.js'
import { lacking } from '../../src/reproduce/machine/needed-options.js'
import { qemuArguments } from '../../src/reproduce/machine/qemu.js'
import { runScript } from '../../src/reproduce/machine/run-script.js'

const PARTS = { kernel: 'k', initrd: 'i', append: 'quiet', memory: 192 }

test('instructions are counted only where QEMU runs them itself, on one CPU that has no cmpxchg16b', () => {
  const tcg = qemuArguments({ ...PARTS, accelerator: 'tcg' }).join(' ')
  expect(tcg).toContain('-icount shift=2,sleep=off')
  expect(tcg).toContain('-cpu qemu64,-cx16')
  const kvm = qemuArguments({ ...PARTS, accelerator: 'kvm' }).join(' ')
  expect(kvm).not.toMatch(/icount|qemu64/)
  for (const line of [tcg, kvm]) {
    expect(line).toContain('-smp 1 -m 192 -nodefaults')
    expect(line).toMatch(/-no-reboot.*-kernel k -initrd i -append quiet$/)
    expect(line).not.toMatch(/-(drive|hda|netdev|nic|virtfs|fsdev)/)
  }
})

test.each([
  ['init', initScript(['rounds=3', 'policy=scope'])],
  ['run.sh', runScript('ksim')],
])('%s is a script that sh can read', (_, script) => {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })
  expect([stderr, status]).toEqual(['', 0])
})

test('parameters of the module reach it, and nothing else does', () => {
  expect(initScript(['rounds=3'])).toContain('insmod /module.ko rounds=3\n')
  expect(() => initScript(['a=1; reboot'])).toThrow(RangeError)
  expect(() => initScript(['a=$(reboot)'])).toThrow(RangeError)
})

test('what is written for this computer loads no module on it', () => {
  for (const text of [runScript('ksim'), makefile('ksim')]) {
    expect(text).not.toMatch(/insmod|modprobe|modules_install|depmod|sudo|kexec/)
  }
})

test('run.sh starts the machine with the same arguments', () => {
  const script = runScript('ksim').replaceAll('\\\n', '').replaceAll('"', '').replace(/\s+/g, ' ')
  const args = qemuArguments({
    kernel: '$kernel',
    initrd: '$dir/initrd',
    append: 'console=ttyS0 quiet panic=-1',
    memory: 192,
    accelerator: 'tcg',
  })
  expect(script).toContain(`qemu-system-x86_64 ${args.join(' ')} < /dev/null`)
})

test('what a kernel lacks is named', () => {
  const all = ['MODULES', 'BLK_DEV_INITRD', 'SERIAL_8250_CONSOLE', 'BINFMT_SCRIPT', 'PROC_FS']
  expect(lacking(new Set(all))).toBeUndefined()
  expect(lacking(new Set(all.slice(2)))).toBe(
    'it cannot load the module (CONFIG_MODULES=y), and it cannot start from an initramfs (CONFIG_BLK_DEV_INITRD=y)',
  )
})

test('a configuration that lockdep did not get into is not taken for one', () => {
  expect(missingOptions(lockdepConfig())).toEqual([])
  expect(missingOptions(lockdepConfig().replace('CONFIG_PROVE_LOCKING=y', ''))).toEqual([
    'CONFIG_PROVE_LOCKING',
  ])
})
