/** CMA areas of a machine file: what they become, and what is said of mistakes. */
import { expect, it } from 'vitest'
import { machineFromYaml } from '../../../src/simulate/machine-file/read-machine.js'
import { said } from './said.js'

const DEVICE =
  'workloads:\n  camera: { type: device, area: isp, size: 3 MiB, buffers: 2, scope: noio }\n'

it('become part of memory, from its end on', () => {
  const { spec, workloads } = machineFromYaml(
    `memory: 128 MiB\ncma: [{ size: 5 MiB }, { name: isp, size: 8 MiB }]\n${DEVICE}`,
    'm.yaml',
  )
  expect(spec.memory.cma).toEqual([
    // 23,188 pages are 45 pageblocks and a rest.
    { name: 'cma0', start: 42 * 512, pages: 3 * 512 },
    { name: 'isp', start: 38 * 512, pages: 4 * 512 },
  ])
  expect(workloads[0]?.cma).toEqual({ area: 'isp', bytes: 6 * 1024 ** 2 })
  const none = machineFromYaml('memory: 128 MiB\nworkloads: { a: { type: stat } }\n', 'm.yaml')
  expect([Object.hasOwn(none.spec.memory, 'cma'), none.workloads[0]?.cma]).toEqual([
    false,
    undefined,
  ])
})

it('have a sentence for each mistake, with its line', () => {
  expect(said(`memory: 128 MiB\n${DEVICE}`)).toEqual([
    'm.yaml, line 1: camera needs a CMA area: the machine has none; cma: [{ size: 16 MiB }] is one',
  ])
  expect(
    said(`memory: 128 MiB
cma:
  - { size: 40 MiB }
  - { size: 30 MiB, name: cma0 }
${DEVICE}`),
  ).toEqual([
    'm.yaml has 3 mistakes:',
    '  line 2: cma: the areas take more than half of the memory, and the kernel itself needs some that stays',
    '  line 2: cma: two areas are named cma0',
    '  line 2: camera needs the CMA area isp: the machine has cma0, cma0',
  ])
  expect(said(`memory: 128 MiB\ncma: [{ size: 4 MiB, name: isp }]\n${DEVICE}`)).toEqual([
    'm.yaml, line 2: camera needs more at once than the CMA area isp has: 4 MiB',
  ])
  expect(said(`memory: 128 MiB\ncma: [{ size: 1 MiB, nome: isp }]\n${DEVICE}`)).toEqual([
    'm.yaml has 2 mistakes:',
    '  line 2: a CMA area has no nome; is name meant?',
    '  line 2: cma[0].size takes a size such as 16 MiB, from 2 MiB to 8 GiB, not "1 MiB"',
  ])
  expect(
    said(
      `memory: 1 GiB\ncma: [${Array(9).fill('{ size: 2 MiB }').join(', ')}]\nworkloads: { a: { type: stat } }\n`,
    ),
  ).toEqual(['m.yaml, line 2: cma: there are 9 areas; 8 is the most'])
})
