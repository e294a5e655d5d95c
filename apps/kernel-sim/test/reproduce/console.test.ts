import { expect, test } from 'vitest'
import { readConsole } from '../../src/reproduce/console/console.js'

const CONSOLE = `\x1bc\x1b[?7lSeaBIOS\r
Booting from ROM..\x1bcinit: kernel 6.1.0-56-cloud-amd64\r
init: up 10.52\r
[   10.575754] ksim: loading out-of-tree module taints kernel.\r
[   10.613841] kernel-sim: TURN 0 1 mutex_lock(a)\r
init: insmod 0\r
init: asleep 24 310 kworker/u2:1+xfs-cil\r
init: asleep 90 12 quota: x\r
init: asleep 91 5 busy\r
init: again\r
init: asleep 24 310 kworker/u2:1+xfs-cil\r
init: asleep 90 12 quota: x\r
init: asleep 91 7 busy\r
init: stack 24 [<0>] ksim_scan+0x86/0x196 [ksim]\r
init: stack 24 [<0>] do_shrink_slab+0x141/0x2e0\r
init: hung [   16.137855] INFO: task kworker/u2:1:24 blocked for more than 5 seconds.\r
init: hung [   21.137855] INFO: task kworker/u2:1:24 blocked for more than 10 seconds.\r
init: end\r
`

test('what init, the module and the kernel say is told apart', () => {
  const { reports, ...reading } = readConsole(CONSOLE)
  expect(reports).toEqual([])
  expect(reading).toEqual({
    kernel: '6.1.0-56-cloud-amd64',
    lines: [{ kind: 'turn', turn: 0, actor: 1, does: 'mutex_lock(a)' }],
    insmod: 0,
    sleepers: [
      {
        pid: 24,
        name: 'kworker/u2:1+xfs-cil',
        still: true,
        stack: ['ksim_scan+0x86/0x196 [ksim]', 'do_shrink_slab+0x141/0x2e0'],
        hung: 10,
      },
      { pid: 90, name: 'quota: x', still: true, stack: [], hung: undefined },
      { pid: 91, name: 'busy', still: false, stack: [], hung: undefined },
    ],
    panic: undefined,
    complete: true,
    last: 'init: end',
  })
})

test('a machine that stops early shows how far it came', () => {
  const cut = CONSOLE.slice(0, CONSOLE.indexOf('init: insmod'))
  expect(readConsole(cut)).toMatchObject({ insmod: undefined, complete: false, sleepers: [] })
  expect(readConsole('')).toMatchObject({ kernel: undefined, last: '' })
  expect(
    readConsole(`${cut}[ 1.0] Kernel panic - not syncing: Attempted to kill init!\r\n`),
  ).toMatchObject({
    panic: 'Attempted to kill init!',
  })
})
