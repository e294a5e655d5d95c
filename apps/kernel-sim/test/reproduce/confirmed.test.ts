/** docs/confirmed.md is what docs/confirmed.jsonl says, and that is about cells that there are. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { POLICIES } from '../../src/kernel/policy.js'
import { pageMarkdown } from '../../src/report/form/markdown.js'
import { confirmedPage } from '../../src/report/reproduce/confirmed-page.js'
import { type Finding, findingKey, parseFindings } from '../../src/reproduce/confirm/finding.js'
import { CASES } from '../../src/scenarios/catalogue.js'

const docs = new URL('../../../../docs/', import.meta.url)
const text = readFileSync(new URL('confirmed.jsonl', docs), 'utf8')
const findings = parseFindings(text)

describe('docs/confirmed.md', () => {
  test('is what its data say: kernel-sim reproduce --all --resume --data docs/confirmed.jsonl --page docs/confirmed.md', () => {
    const written = readFileSync(new URL('confirmed.md', docs), 'utf8')
    expect(pageMarkdown(confirmedPage(findings))).toBe(written)
  })

  test('is about cells that there are, each once for a kernel', () => {
    for (const { case: number, scenario, policy } of findings) {
      const found = CASES.find((each) => each.number === number)
      expect(found?.scenario.name).toBe(scenario)
      expect(POLICIES.map(({ name }) => name)).toContain(policy)
      expect(Object.keys(found?.scenario.inapplicable ?? {})).not.toContain(policy)
    }
    expect(text.trim().split('\n')).toHaveLength(new Set(findings.map(findingKey)).size)
  })

  test('has at least 80 cells that agree, under every policy, and says why each other one does not', () => {
    const agrees = findings.filter(({ result }) => result === 'agrees')
    const cells = new Set(agrees.map((finding) => findingKey({ ...finding, kernel: '' })))
    expect(cells.size).toBeGreaterThanOrEqual(80)
    expect(new Set(agrees.map(({ policy }) => policy)).size).toBe(POLICIES.length)
    for (const finding of findings) {
      if (finding.result !== 'agrees') expect(finding.why.join('')).not.toBe('')
    }
  })
})

const FINDING: Finding = {
  case: '1',
  scenario: 'direct-recursion',
  policy: 'scope',
  kernel: '6.1.0',
  model: 'safe',
  result: 'agrees',
  why: [],
  objects: [],
}

test('of several findings about a cell on a kernel the last one holds', () => {
  const lines = [FINDING, { ...FINDING, kernel: '6.2.0' }, { ...FINDING, result: 'failed' }]
  const found = parseFindings(lines.map((line) => `${JSON.stringify(line)}\n`).join('\n'))
  expect(found.map(({ kernel, result }) => `${kernel} ${result}`)).toEqual([
    '6.1.0 failed',
    '6.2.0 agrees',
  ])
})

test.each(['{', 'null', '[]', '{"case":"1"}', JSON.stringify({ ...FINDING, why: 'x' })])(
  '%j is not a finding',
  (line) => {
    expect(() => parseFindings(`${JSON.stringify(FINDING)}\n${line}\n`)).toThrow(/^line 2 is not/)
  },
)
