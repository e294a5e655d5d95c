/** Speedscope: the stacks of requests as a flame graph. */
import { describe, expect, it } from 'vitest'
import { collapsed } from '../../../src/report/audit/collapsed.js'
import { speedscope } from '../../../src/report/audit/speedscope.js'
import { auditOf, NOFS, Trace } from '../../audit/trace.js'

interface Profile {
  readonly name: string
  readonly endValue: number
  readonly samples: readonly (readonly number[])[]
  readonly weights: readonly number[]
}

describe('a flame graph', () => {
  it('has a profile for each scope, and every request once', async () => {
    const trace = new Trace()
      .kmalloc({ st: '__kmalloc_noprof+1;a+2;sys+3' })
      .kmalloc({ st: '__kmalloc_noprof+9;a+2;sys+3' })
      .kmalloc({ st: '__kmalloc_noprof+1;b+2;sys+3', fl: NOFS })
      .kmalloc({ st: '__kmalloc_noprof+1;i+2;handle_softirqs+3', fl: NOFS })
      .kmalloc({ st: undefined, st_lost: 1 })
    const { stacks } = await auditOf(trace.text)
    const file = JSON.parse(speedscope('t', stacks)) as {
      readonly profiles: readonly Profile[]
      readonly shared: { readonly frames: readonly { readonly name: string }[] }
    }
    const names = (frames: readonly number[]) =>
      frames.map((i) => file.shared.frames[i]?.name).join(';')
    expect(
      file.profiles.map(({ name, endValue, samples, weights }) => [
        name,
        endValue,
        samples.map(names),
        weights,
      ]),
    ).toEqual([
      ['requests, scope: none', 2, ['sys;a;__kmalloc_noprof'], [2]],
      ['requests, scope: NOFS', 1, ['sys;b;__kmalloc_noprof'], [1]],
      ['requests, scope: interrupt', 1, ['handle_softirqs;i;__kmalloc_noprof'], [1]],
    ])
    expect(collapsed(stacks)).toBe(
      'scope:none;sys;a;__kmalloc_noprof 2\nscope:NOFS;sys;b;__kmalloc_noprof 1\n' +
        'scope:interrupt;handle_softirqs;i;__kmalloc_noprof 1\n',
    )
  })
})
