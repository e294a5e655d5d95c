/** The raw layer does what the kernel's memalloc scope functions do: all recorded sequences agree. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { defineDomain, type Mask } from '../src/index.js'
import { Task } from '../src/task.js'

type Call = readonly [name: string, argument?: number]
type Vector = readonly [
  input: readonly [flags: number, calls: readonly Call[]],
  output: readonly (readonly [returned: number | null, flags: number])[],
]

const { vectors }: { vectors: readonly Vector[] } = JSON.parse(
  gunzipSync(readFileSync(new URL('data/memalloc-scopes.json.gz', import.meta.url))).toString(),
)

/** Task flags of Linux 6.1 (include/linux/sched.h): the four with scope functions, and all others. */
const scopes = { noreclaim: 11, nofs: 18, noio: 19, pin: 28 }
const others: Record<`BIT_${number}`, number> = Object.fromEntries(
  Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => !Object.values(scopes).includes(bit))
    .map((bit) => [`BIT_${bit}`, bit]),
)
const PF = defineDomain({
  name: 'PF',
  version: 1,
  restrictions: { nofs: scopes.nofs, noio: scopes.noio, pin: scopes.pin },
  grants: { noreclaim: scopes.noreclaim },
  identity: others,
  granting: 'anyone',
})

/** One of the four masks, by the name of a call. */
function maskOf(call: string): Mask<'PF'> {
  const family = Object.entries(scopes).find(([name]) => call.startsWith(`${name}_`))
  if (family === undefined) throw new Error(`unknown call ${call}`)
  return PF.from(1 << family[1])
}

describe('save and restore', () => {
  test('agree with the kernel in every sequence', () => {
    let calls = 0
    for (const [[flags, sequence], expected] of vectors) {
      const task = new Task(PF, { mask: PF.from(flags) })
      const got = sequence.map(([name, argument = 0]) => {
        calls++
        let returned: number | null = null
        if (name.endsWith('_save')) returned = task.save(maskOf(name)) >>> 0
        else if (name.endsWith('_restore')) task.restore(maskOf(name), PF.from(argument))
        return [returned, task.mask >>> 0]
      })
      const asked = expected.map(([returned, after], i) => [
        sequence[i]?.[0] === 'ctx' ? null : returned,
        after,
      ])
      expect(got, JSON.stringify([flags, sequence])).toEqual(asked)
    }
    expect(vectors.length).toBe(2493)
    expect(calls).toBe(28551)
  })

  test('save returns the previous value of its bits only', () => {
    const task = new Task(PF, { mask: PF.mask('nofs', 'pin') })
    expect(task.save(PF.mask('nofs', 'noio'))).toBe(PF.flags.nofs)
    expect(PF.format(task.mask)).toBe('nofs|noio|pin')
  })

  test('nested saves restored in the wrong order leave the bit set, as in the kernel', () => {
    const task = new Task(PF)
    const outer = task.save(PF.flags.nofs)
    const inner = task.save(PF.flags.nofs)
    task.restore(PF.flags.nofs, outer)
    task.restore(PF.flags.nofs, inner)
    expect(task.has(PF.flags.nofs)).toBe(true)
  })
})
