/** docs/confirmed-objects.md is what docs/confirmed-objects.jsonl says, and its kinds of objects are all that a scenario has. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { OPERATION_KINDS } from '../../src/kernel/operation-kind.js'
import { pageMarkdown } from '../../src/report/form/markdown.js'
import { objectsPage } from '../../src/report/reproduce/objects-page.js'
import { findingKey, parseFindings } from '../../src/reproduce/confirm/finding.js'
import { KINDS } from '../../src/reproduce/confirm/kinds.js'
import { whyImpossible } from '../../src/reproduce/module/forms.js'
import { LITMUS } from '../../src/scenarios/litmus/catalogue.js'

const docs = new URL('../../../../docs/', import.meta.url)
const text = readFileSync(new URL('confirmed-objects.jsonl', docs), 'utf8')
const findings = parseFindings(text)

/** What a Kernel has for whoever runs scenarios and reports, not for scenarios. */
const FOR_OTHERS = [
  'constructor',
  'pressures',
  'workRegistry',
  'kthreadd',
  'kswapdIsWanted',
  'drainsPages',
  'ownFlags',
  'hasSpareWorkers',
  'restrictions',
  'restrictionsName',
  'filtered',
  'requestName',
  'seal',
]

describe('the kinds of objects', () => {
  it('are all that a scenario can be built of and do, each once', () => {
    const offered = KINDS.flatMap((kind) => kind.offered).sort()
    const has = Object.getOwnPropertyNames(Kernel.prototype)
    expect(offered).toEqual([...has.filter((name) => !FOR_OTHERS.includes(name)), 'scopes'].sort())
  })

  it('name all steps that cannot be had, and no others', () => {
    const impossible = OPERATION_KINDS.filter((kind) => whyImpossible(kind) !== '')
    expect(KINDS.flatMap(({ refused = [] }) => refused).sort()).toEqual([...impossible].sort())
  })

  it('are had on a real kernel, or refused with a reason', () => {
    for (const { name, is, refused = [] } of KINDS) {
      expect([name, is !== '' || refused.length > 0]).toEqual([name, true])
    }
    expect(new Set(KINDS.flatMap(({ topic }) => topic ?? []))).toEqual(
      new Set(LITMUS.map(({ topic }) => topic)),
    )
  })
})

describe('docs/confirmed-objects.md', () => {
  it('is what its data say: kernel-sim reproduce --litmus --resume --data docs/confirmed-objects.jsonl --page docs/confirmed-objects.md', () => {
    const written = readFileSync(new URL('confirmed-objects.md', docs), 'utf8')
    expect(pageMarkdown(objectsPage(findings, LITMUS))).toBe(written)
  })

  it('is about all programs, each once for a kernel, with the verdict that follows from the kernel', () => {
    expect(text.trim().split('\n')).toHaveLength(new Set(findings.map(findingKey)).size)
    for (const { case: name, policy, model } of findings) {
      expect(LITMUS.find(({ number }) => number === name)).toMatchObject({ policy, want: model })
    }
    expect(new Set(findings.map((finding) => finding.case))).toEqual(
      new Set(LITMUS.map(({ number }) => number)),
    )
  })

  it('has a program of each kind that hangs and one that does not, and a reason for all that do not agree', () => {
    const agrees = findings.filter(({ result }) => result === 'agrees').map((each) => each.case)
    const shown = LITMUS.filter(({ number }) => agrees.includes(number))
    for (const topic of new Set(LITMUS.map((each) => each.topic))) {
      const of = shown.filter((each) => each.topic === topic)
      expect([topic, of.some(({ want }) => want === 'safe')]).toEqual([topic, true])
      // A spinlock that is never given back stops the machine.
      if (topic === 'spinlock') continue
      expect([topic, of.some(({ want }) => want !== 'safe')]).toEqual([topic, true])
    }
    for (const { result, why } of findings) {
      if (result !== 'agrees') expect(why.join('')).not.toBe('')
    }
  })
})
