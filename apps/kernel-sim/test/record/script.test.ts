/** Script: what only bpftrace would find. */
import { expect, it } from 'vitest'
import { recorderScript } from '../../src/record/script.js'

it('prints a command line with percent signs and quotes as it is', () => {
  const script = recorderScript({
    pids: [],
    comms: [],
    cgroups: [],
    kernelThreads: true,
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
