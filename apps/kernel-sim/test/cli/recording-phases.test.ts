/** The phases of a recording: each is said while it lasts, and has its time at the end. */
import { expect, it } from 'vitest'
import { phasesText, RecordingPhases } from '../../src/cli/recording-phases.js'

it('says what it is at, and how long each phase took', () => {
  let now = 1000
  const phases = new RecordingPhases(() => now)
  now += 2100
  expect(phases.text).toBe('bpftrace compiles and attaches its programs, 2.1 s')
  phases.leave('begin')
  now += 1200
  expect(phases.text).toBe('recording, 1.2 s')
  phases.leave('record')
  // Whoever comes too late changes nothing.
  phases.leave('begin')
  phases.leave('record')
  now += 700
  expect(phases.text).toBe('the recording is over, bpftrace prints what it has, 0.7 s')
  phases.leave('print')
  now += 300
  expect(phases.text).toBe('bpftrace detaches its programs, 0.3 s')
  expect(phases.times).toEqual({ begin: 2.1, record: 1.2, print: 0.7, end: 0.3 })
  expect(phasesText(phases.times)).toBe(
    'It took 2.1 s until bpftrace recorded, 1.2 s to record, 0.7 s until it had printed what it had, 0.3 s to end.',
  )
})

it('that ends before it records has no time to record', () => {
  let now = 0
  const phases = new RecordingPhases(() => now)
  now = 500
  expect(phases.times).toEqual({ begin: 0.5, record: 0, print: 0, end: 0 })
})
