/**
 * What the page says is what the command says, for all bundled cases under all policies: the same verdicts, counts and tokens. A token
 * of the command is walked in the page, and one of the page is replayed by the command.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundledCases } from '../cases.mjs'
import { compiled } from '../src/page/compile.js'
import type { Report, Request } from '../src/protocol.js'
import { launch, until, visit } from './visit.js'

const BIN = fileURLToPath(new URL('../../kernel-sim/bin/kernel-sim.js', import.meta.url))
const ENGINE = readFileSync(new URL('../dist/engine.js', import.meta.url), 'utf8')
let browser: Browser

beforeAll(async () => {
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
})

function kernelSim(...args: readonly string[]): string {
  return execFileSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/** What the JSON of the command has of a cell. */
interface CellJson {
  readonly policy: string
  readonly inapplicable?: string
  readonly verdict?: string
  readonly states?: number
  readonly transitions?: number
  readonly depth?: number
  readonly counterexample?: { readonly token: string; readonly why: string }
}

it('has the engine that is tested here', () => {
  const page = readFileSync(new URL('../dist/index.html', import.meta.url), 'utf8')
  // The text is a string in a script there: a piece without anything to escape says enough.
  const pieces = ENGINE.match(/[\w =>(),.;{}[\]?:&|!+*-]{90,}/g) ?? []
  expect(pieces.length).toBeGreaterThan(20)
  expect(pieces.filter((piece) => !page.includes(piece))).toEqual([])
})

it('says the same of all cases under all policies, and walks the tokens', async () => {
  const { scenarios }: { scenarios: { case: string; name: string; cells: CellJson[] }[] } =
    JSON.parse(kernelSim('check', '--json'))
  const { cases, texts, policies } = bundledCases()
  const { page } = await visit(browser)
  for (const { case: number, cells } of scenarios) {
    const { module = '', exported = '' } = cases.find((each) => each.number === number) ?? {}
    const script = compiled(`${texts[module]}\nexport default ${exported}\n`, number)
    if (!('code' in script)) throw new Error(script.message)
    const walks = cells.flatMap(({ policy, counterexample }): Request[] =>
      counterexample === undefined
        ? []
        : [
            {
              kind: 'walk',
              script,
              policy: policy as (typeof policies)[number],
              way: { token: counterexample.token, at: 0 },
            },
          ],
    )
    const requests: Request[] = [
      { kind: 'check', script, policies, keeps: { policy: 'scope', all: [] } },
      ...walks,
    ]
    const [checked, ...walked] = await page.evaluate(
      async ([engine, requests]) => {
        const worker = new Worker(URL.createObjectURL(new Blob([engine])))
        const answers: Report[] = []
        for (const request of requests) {
          answers.push(
            await new Promise<Report>((resolve) => {
              worker.onmessage = ({ data }: MessageEvent<Report>) => {
                if (data.kind !== 'progress' && data.kind !== 'code') resolve(data)
              }
              worker.postMessage(request)
            }),
          )
        }
        worker.terminate()
        return answers
      },
      [ENGINE, requests] as const,
    )
    if (checked?.kind !== 'checked') throw new Error(`case ${number}: ${JSON.stringify(checked)}`)
    const said = checked.row.cells.map(({ policy, inapplicable, result }) =>
      result === undefined
        ? { policy, inapplicable }
        : {
            policy,
            verdict: result.verdict,
            states: result.search.states,
            transitions: result.search.transitions,
            depth: result.search.depth,
            token: result.counterexample?.token,
            why: result.counterexample?.why,
          },
    )
    const expected = cells.map(
      ({ policy, inapplicable, verdict, states, transitions, depth, counterexample }) =>
        verdict === undefined
          ? { policy, inapplicable }
          : {
              policy,
              verdict,
              states,
              transitions,
              depth,
              token: counterexample?.token,
              why: counterexample?.why,
            },
    )
    expect(said, `case ${number}`).toEqual(expected)
    expect(
      walked.map(({ kind }) => kind),
      `case ${number}`,
    ).toEqual(walks.map(() => 'walked'))
  }
})

it('makes tokens that the command replays', async () => {
  const { page } = await visit(browser)
  await page.selectOption('#case', '4')
  await until(page, "document.querySelector('#way h2')?.textContent.startsWith('cil-push')")
  for (let step = 1; step <= 4; step++) {
    await page.locator('#tasks button').last().click()
    await until(
      page,
      `document.querySelector('#standing').textContent.startsWith('After step ${step}')`,
    )
  }
  const [, ...command] = ((await page.locator('pre.command').textContent()) ?? '').split(' ')
  const taken = await page.locator('#way .lane, #way [data-steps] text.step').count()
  expect(taken).toBeGreaterThan(0)
  const replayed = kernelSim(...command)
  const steps = await page.locator('#way [data-step]').count()
  expect(replayed.match(/^ +\d+ {2}\S/gm)?.length).toBe(4)
  expect(steps).toBeGreaterThanOrEqual(4)
})
