/** The first line of a failed allocation's report. */
import { describe, expect, it } from 'vitest'
import { nodeList, warnAlloc } from '../../src/alloc/warn-alloc.js'
import { linux6_1 } from '../../src/gfp/kernels.js'

const { GFP_ATOMIC } = linux6_1.flags

describe('warnAlloc', () => {
  it('prints what the kernel prints', () => {
    // The form of a report in drivers/net/ethernet bug reports of 6.1 kernels.
    const failed = {
      comm: 'kworker/0:1',
      order: 5,
      gfp: GFP_ATOMIC,
      nodemask: null,
      memsAllowed: 1,
    }
    expect(warnAlloc(failed)).toBe(
      'kworker/0:1: page allocation failure: order:5, mode:0xa20(GFP_ATOMIC), nodemask=(null),cpuset=/,mems_allowed=0',
    )
    expect(warnAlloc({ ...failed, nodemask: 0b1011, memsAllowed: 0xff })).toContain(
      'nodemask=0-1,3,cpuset=/,mems_allowed=0-7',
    )
  })

  it('lists nodes as ranges', () => {
    expect([0, 1, 0b110, -1].map(nodeList)).toEqual(['', '0', '1-2', '0-31'])
  })
})
