/** Confirm: `kernel-sim reproduce --all` and `--litmus`: tries many cells, keeps what is found, and writes the page of it. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Kernel } from '../boot/kernel-image.js'
import { requireTools } from '../boot/try-module.js'
import { diskReason, unwritable, writeFile } from '../disk.js'
import { InputError } from '../input-error.js'
import { POLICIES, type Policy, policyNamed } from '../kernel/policy.js'
import { pageMarkdown } from '../report/form/markdown.js'
import { confirmedPage } from '../report/reproduce/confirmed-page.js'
import { objectsPage } from '../report/reproduce/objects-page.js'
import { type Finding, findingKey, parseFindings } from '../reproduce/confirm/finding.js'
import { CASES, type Case } from '../scenarios/catalogue.js'
import { LITMUS } from '../scenarios/litmus/catalogue.js'
import {
  type MachineChoice,
  preparedCell,
  refusal,
  type Tried,
  triedCell,
} from './reproduce-cell.js'

export interface ConfirmOptions extends MachineChoice {
  /** True if the litmus programs are tried, instead of the bundled cases. */
  readonly litmus?: true
  /** Numbers of cases or names of programs; by default all. */
  readonly cases?: readonly string[]
  /** The file of findings. */
  readonly data: string
  readonly resume?: true
  /** Where to write the page. */
  readonly page?: string
  readonly executions: number
  readonly seed: number
  /** How many machines run at once. */
  readonly jobs: number
}

export interface ConfirmPlace {
  readonly kernel: Kernel
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/**
 * Tries each cell, one line of findings after the other. @returns true if the kernel does something else in one of them.
 * @throws InputError for a file that is not one of findings, and when nothing can be tried at all.
 */
export async function confirmMatrix(
  options: ConfirmOptions,
  place: ConfirmPlace,
): Promise<boolean> {
  const { cases, data, resume, page, jobs } = options
  const all = cellsOf(options)
  const unknown = cases?.find((number) => !all.some(({ each }) => each.number === number))
  if (unknown !== undefined) {
    throw new InputError(`there is no ${options.litmus ? 'litmus program' : 'case'} ${unknown}`)
  }
  if (existsSync(data) && !resume) {
    throw new InputError(
      `${data} is there already: --resume goes on with it, --data names another file`,
    )
  }
  const known = new Set(findingsIn(data).map(findingKey))
  const left = all.filter(
    ({ each, policy }) =>
      (cases === undefined || cases.includes(each.number)) &&
      each.scenario.inapplicable?.[policy.name] === undefined &&
      !known.has(
        findingKey({ case: each.number, policy: policy.name, kernel: place.kernel.release }),
      ),
  )
  requireTools()
  let next = 0
  const work = async (): Promise<void> => {
    for (let at = next++; at < left.length; at = next++) {
      const { each, policy } = left[at] as (typeof left)[number]
      const finding = await findingOf(each, policy, options, place)
      keep(data, finding)
      place.say(`${at + 1} of ${left.length}: ${each.number} ${policy.name}: ${finding.result}`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, left.length) }, work))
  const findings = findingsIn(data)
  if (page !== undefined) {
    writeFile(
      page,
      pageMarkdown(options.litmus ? objectsPage(findings, LITMUS) : confirmedPage(findings)),
    )
  }
  return findings.some(({ result }) => result === 'differs' || result === 'shows nothing')
}

/** What is there to be tried. */
function cellsOf({ litmus }: ConfirmOptions): { readonly each: Case; readonly policy: Policy }[] {
  return litmus
    ? LITMUS.map((each) => ({ each, policy: policyNamed(each.policy) }))
    : CASES.flatMap((each) => POLICIES.map((policy) => ({ each, policy })))
}

async function findingOf(
  each: Case,
  policy: Policy,
  options: ConfirmOptions,
  place: ConfirmPlace,
): Promise<Finding> {
  const { number, scenario } = each
  const cell = await preparedCell(each, policy, { ...options, token: undefined })
  const { prediction, generated } = cell
  const about = {
    case: number,
    scenario: scenario.name,
    policy: policy.name,
    kernel: place.kernel.release,
    model: prediction.verdict,
  }
  if (generated.kind === 'refused') {
    return { ...about, result: 'refused', why: [refusal(generated)], objects: [] }
  }
  const objects = generated.kinds
  const tried = await triedCell({ ...cell, generated }, options, {
    ...place,
    folder: undefined,
  }).catch((thrown: unknown): Tried => {
    // What is wrong with one cell, such as a module that does not compile, stops no others.
    if (!(thrown instanceof InputError) || place.signal.aborted) throw thrown
    return { kind: 'failed', why: thrown.message }
  })
  if (tried.kind === 'failed') return { ...about, result: 'failed', why: [tried.why], objects }
  const { judgement, reports, hasLockdep } = tried.report
  const { result, outcome, dissolved, rounds, counted, compared, differs, unshown } = judgement
  return {
    ...about,
    result,
    outcome,
    dissolved,
    rounds: rounds.length,
    counted,
    compared,
    why: [...differs, ...unshown],
    ...(hasLockdep
      ? {
          lockdep: {
            kernel: reports.flatMap(({ splat }) => (splat === undefined ? [] : [splat.kind])),
            model: prediction.lockdep.map(({ kind }) => kind),
          },
        }
      : {}),
    objects,
  }
}

function findingsIn(file: string): Finding[] {
  if (!existsSync(file)) return []
  try {
    return parseFindings(readFileSync(file, 'utf8'))
  } catch (thrown) {
    if (!(thrown instanceof RangeError))
      throw new InputError(`${file} cannot be read: ${diskReason(thrown)}`)
    throw new InputError(`${file}: ${thrown.message}`)
  }
}

function keep(file: string, finding: Finding): void {
  try {
    appendFileSync(file, `${JSON.stringify(finding)}\n`)
  } catch (thrown) {
    throw unwritable(file, thrown)
  }
}
