/** Script: what only bpftrace would find. */
import { expect, it } from 'vitest'
import { recorderScript } from '../../src/record/script.js'

it('prints a command line with percent signs and quotes as it is', () => {
  const script = recorderScript({
    pids: [],
    comms: [],
    cgroups: [],
    kernelThreads: true,
    pages: false,
    seconds: undefined,
    command: 'record -- sh -c "date +%s.%N"',
    recorder: undefined,
    missing: [],
  })
  const begin = script.slice(script.indexOf('#command'), script.indexOf('tracepoint:'))
  const printed = [...begin.matchAll(/printf\("((?:[^"\\]|\\.)*)"(?:, "(%)")?\)/g)]
    .map(([, format = '', argument]) =>
      argument === undefined ? format : format.replace('%s', argument),
    )
    .join('')
  expect(printed).toBe('record -- sh -c \\"date +%s.%N\\"\\n')
  // With no argument no format has a conversion, and bpftrace knows no escape for it.
  for (const [statement] of begin.matchAll(/printf\("[^"]*"\);/g))
    expect(statement).not.toContain('%')
})

it('records what becomes of pages only when it is asked to', () => {
  const of = (pages: boolean, missing: readonly string[] = []) =>
    recorderScript({
      ...{ pids: [], comms: ['wl'], cgroups: [], kernelThreads: true, seconds: undefined },
      ...{ command: '', recorder: undefined, pages, missing },
    })
  const probes = (script: string) =>
    [...script.matchAll(/^tracepoint:(\S+)$/gm)].map(([, at]) => at)
  const plain = probes(of(false))
  const more = probes(of(true)).filter((at) => !plain.includes(at))
  expect(plain).toHaveLength(16)
  expect(more.slice(0, 2)).toEqual(['kmem:mm_page_alloc_extfrag', 'kmem:mm_page_free'])
  expect(more.slice(2).every((at) => at?.startsWith('compaction:mm_compaction_'))).toBe(true)
  // Whoever frees a page, and whoever compacts: it is about pages, not about tasks.
  const free = of(true).split('tracepoint:kmem:mm_page_free')[1]?.split('}')[0]
  expect(free).not.toContain('wl')
  // A kernel that has none of it is none of the business of whoever does not ask.
  expect(of(false, ['kmem:mm_page_free'])).not.toContain('This kernel has no')
  expect(of(true, ['kmem:mm_page_free'])).toContain('// This kernel has no kmem:mm_page_free.')
})
