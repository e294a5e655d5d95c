/** The pages of simulations: every picture has its table, and says the same as the numbers that it is drawn from. */
import { beforeAll, describe, expect, it } from 'vitest'
import { pageHtml } from '../../../src/report/form/html-page.js'
import type { Page } from '../../../src/report/form/page.js'
import { pageText } from '../../../src/report/form/text.js'
import { timeChart } from '../../../src/report/machine/chart/time-chart.js'
import {
  COST_FIGURES,
  comparisonPage,
  costSection,
} from '../../../src/report/machine/comparison-page.js'
import { simulationPage } from '../../../src/report/machine/simulation-page.js'
import { compare } from '../../../src/simulate/compare.js'
import { comparedFigures } from '../../../src/simulate/compared-figures.js'
import { machineFromYaml } from '../../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../../src/simulate/machine-file/run-machine.js'
import { machinePolicy } from '../../../src/simulate/policy.js'
import { resultOf, type SimulationResult } from '../../../src/simulate/result.js'

const MACHINE = machineFromYaml(
  `memory: 128 MiB
workloads:
  cache: { type: read, size: 64 MiB }
  writer: { type: write, size: 16 MiB }
  hog: { type: hog, size: 90 MiB, pace: 10 ms }
`,
  'm.yaml',
)

function run(policy: string): SimulationResult {
  const simulation = machineSimulation(MACHINE, {
    seed: 1,
    policy: machinePolicy(policy),
    seconds: 1.5,
  })
  simulation.run()
  return resultOf(simulation, { machine: 'small', policy, seed: 1 })
}

let scope: SimulationResult
let nofs: SimulationResult
beforeAll(() => {
  scope = run('scope')
  nofs = run('nofs')
})

function comparison() {
  const results = [scope, nofs]
  const of = results.map(({ policy, facts }) => ({ policy, runs: [facts] }))
  return comparisonPage({
    machine: 'small',
    policies: [machinePolicy('scope'), machinePolicy('nofs')],
    figures: compare(of, comparedFigures(scope)),
    costs: compare(of, COST_FIGURES),
    results,
  })
}

/** The sections with pictures, and whether each has a table. */
function pictured({ sections }: Page) {
  return sections
    .filter(({ parts }) => parts.some((part) => typeof part === 'object' && 'pictures' in part))
    .map(({ id, parts }) => [
      id,
      parts.some((part) => typeof part === 'object' && 'columns' in part),
    ])
}

const picturesOf = (html: string): string =>
  (html.match(/<svg class="picture"[\s\S]*?<\/svg>/g) ?? []).join('')

describe('the page of a run', () => {
  it('has a table beside all pictures, and each picture a title, a description and an id of its own', () => {
    const page = simulationPage(scope)
    expect(pictured(page)).toEqual([
      ['workloads', true],
      ['time', true],
      ['pressure', true],
    ])
    const html = pageHtml(page)
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const pictures = html.match(/<svg class="picture"/g) ?? []
    expect(pictures.length).toBe(2 + 3 + 1)
    expect(html.match(/<desc id=/g)).toHaveLength(pictures.length)
    expect(picturesOf(html)).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('says who was killed, with the report of the kernel, and what kept tasks from going on', () => {
    const text = pageText(simulationPage(scope))
    expect(text).toMatch(/the OOM killer killed hog, which had [\d,]+ KiB/)
    expect(text).toMatch(/\] Out of memory: Killed process \d+ \(hog\) total-vm:92160kB/)
    expect(text).toContain('too much was dirty')
    for (const line of text.split('\n')) {
      if (!line.startsWith('[')) expect(line.length, line).toBeLessThanOrEqual(100)
    }
  })
})

describe('the page of policies', () => {
  it('has the same pictures of each, on the same scales', () => {
    const page = comparison()
    expect(pictured(page)).toEqual([
      ['figures', true],
      ['time', true],
      ['pressure', true],
      ['latency', true],
    ])
    const html = pageHtml(page)
    expect(picturesOf(html)).not.toMatch(/NaN|Infinity|undefined/)
    const axes = ['Free pages under scope', 'Free pages under nofs'].map((title) => {
      const picture = html.slice(html.indexOf(`-t">${title}</title>`)).split('</svg>')[0] ?? ''
      return [...picture.matchAll(/<text class="axis"[^>]*>[^<]*/g)].map(([axis]) => axis)
    })
    expect(axes[0]?.length).toBeGreaterThan(5)
    expect(axes[0]).toEqual(axes[1])
  })

  it('says of swap what is so on the machine', () => {
    const said = (facts: SimulationResult['facts']): string => {
      const results = [{ ...scope, facts }]
      const costs = compare([{ policy: 'scope', runs: [facts] }], COST_FIGURES)
      const section = costSection({
        machine: 'small',
        policies: [machinePolicy('scope')],
        figures: [],
        costs,
        results,
      })
      return JSON.stringify(section)
    }
    const facts = { ...scope.facts, stall_nofs: 1 }
    expect(said(facts)).toContain('There is no swap')
    expect(said({ ...facts, zram_mem_used_total_kb: 4 })).toContain('go to swap for every request')
    expect(said({ ...facts, zram_mem_used_total_kb: 4 })).not.toContain('no swap')
  })

  it('says what scopes cost: kills that are refused where everything is NOFS', () => {
    const costs = comparison().sections.find(({ id }) => id === 'costs')
    const text = pageText({ title: '', lead: [], marks: [], sections: costs ? [costs] : [] })
    const [, before, after] = /kills that were refused +([\d,]+) +([\d,]+)/.exec(text) ?? []
    expect(before).toBe('0')
    // Four digits are shown.
    const shown = Number(after?.replaceAll(',', ''))
    expect(shown / (nofs.facts.oom_refused ?? 0)).toBeCloseTo(1, 3)
    expect(nofs.facts.oom_refused).toBeGreaterThan(100)
  })
})

it('a line of a time chart goes where its numbers are', () => {
  const { svg } = timeChart('x', {
    title: 'Pages',
    description: 'Pages.',
    unit: 'pages',
    at: [0, 1e9, 2e9],
    lines: [{ name: 'pages', values: [0, 100, 50] }],
    levels: [{ name: 'half', value: 50 }],
  })
  const text = svg.toString()
  const [, points = ''] = /class="series[^"]*" d="([^"]+)"/.exec(text) ?? []
  const [start, top, end] = [...points.matchAll(/([\d.]+),([\d.]+)/g)].map(([, x, y]) => ({
    x: Number(x),
    y: Number(y),
  }))
  const [, level] = /class="level" d="M[\d.]+ ([\d.]+)H/.exec(text) ?? []
  expect(end?.y).toBeCloseTo(Number(level), 0)
  expect((start?.x ?? 0) + (end?.x ?? 0)).toBeCloseTo(2 * (top?.x ?? 0), 0)
  expect((start?.y ?? 0) + (top?.y ?? 0)).toBeCloseTo(2 * (end?.y ?? 0), 0)
})
