/** Engine: the worker of the page. It runs scenarios, checks them and walks through them; the page draws what it reports. */
import {
  about,
  type CaseRow,
  type Cell,
  cellOf,
  deedsOf,
  exhibitsOf,
  policyNamed,
  walkOf,
} from '@scopemask/kernel-sim/workbench'
import type { Report, Request, Script } from '../protocol.js'
import { isKept } from '../tour/keep.js'
import { faultOf } from './fault.js'
import { load, type ScriptHost, Unparsable } from './load.js'
import { StepWatch } from './step-watch.js'

interface Host extends ScriptHost {
  postMessage(report: Report): void
  onmessage: ((event: { readonly data: Request }) => void) | null
}

const host = globalThis as unknown as Host
const say = (report: Report): void => host.postMessage(report)
const watch = new StepWatch((runs) => say({ kind: 'code', runs }))

/** The least time between two reports of progress, in ms. */
const PAUSE = 100

host.onmessage = async ({ data: request }) => {
  try {
    say(request.kind === 'check' ? await checked(request) : walked(request))
  } catch (thrown) {
    // The page hears of the error and of its line.
    if (thrown instanceof Unparsable) setTimeout(() => host.importScripts(thrown.url))
    else say(faultOf(thrown))
  }
}

async function checked({
  script,
  policies,
  keeps,
}: Extract<Request, { kind: 'check' }>): Promise<Report> {
  const started = performance.now()
  const found = { number: script.number, scenario: loaded(script) }
  let last = 0
  const onProgress = (cell: string, states: number, depth: number): void => {
    if (performance.now() - last < PAUSE) return
    last = performance.now()
    say({ kind: 'progress', cell, states, depth })
  }
  const cells: Cell[] = []
  for (const name of policies) {
    cells.push(
      await cellOf(found, policyNamed(name), { search: {}, onProgress, watch: () => watch }),
    )
  }
  const row: CaseRow = { ...about(found), cells, seconds: (performance.now() - started) / 1000 }
  const exhibits = exhibitsOf(row, found.scenario, 'all')
  const deeds = keeps.all.length === 0 ? [] : deedsOf(found.scenario, policyNamed(keeps.policy))
  const kept = keeps.all.map((keep) => isKept(keep, deeds))
  return { kind: 'checked', row, exhibits, kept }
}

function walked({ script, policy, way, take }: Extract<Request, { kind: 'walk' }>): Report {
  const terrain = { scenario: loaded(script), policy: policyNamed(policy), watch }
  return { kind: 'walked', walk: walkOf(terrain, way, take) }
}

function loaded({ code }: Script) {
  return watch.run(() => load(host, code))
}
