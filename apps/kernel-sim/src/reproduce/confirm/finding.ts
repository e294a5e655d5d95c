/**
 * Finding: what became of one cell on one kernel, as a line of JSON. The file of findings is only ever appended to; of several lines about
 * the same cell and kernel the last one holds.
 */
import type { Judgement } from '../judge/judge.js'
import type { Prediction } from '../judge/prediction.js'

export interface Finding {
  readonly case: string
  readonly scenario: string
  readonly policy: string
  /** `uname -r` of the kernel. */
  readonly kernel: string
  readonly model: Prediction['verdict']
  /** `refused`: there is no module of it; `failed`: the machine came to no judgement. */
  readonly result: Judgement['result'] | 'refused' | 'failed'
  /** What it came to on the kernel; where it was judged. */
  readonly outcome?: Judgement['outcome']
  readonly dissolved?: Judgement['dissolved']
  readonly rounds?: number
  /** Rounds that show something. */
  readonly counted?: number
  /** Steps that were compared. */
  readonly compared?: number
  /** Why it differs, shows nothing, was refused or failed. */
  readonly why: readonly string[]
  /** Kinds of lockdep's reports, on a kernel that has it and in the model. */
  readonly lockdep?: { readonly kernel: readonly string[]; readonly model: readonly string[] }
  /** Kinds of objects that take part. */
  readonly objects: readonly string[]
}

/** What makes two findings be about the same. */
export function findingKey({
  case: number,
  policy,
  kernel,
}: Pick<Finding, 'case' | 'policy' | 'kernel'>): string {
  return `${number} ${policy} ${kernel}`
}

/**
 * The findings of a file, those that hold.
 * @throws RangeError for a line that is not one, with its number.
 */
export function parseFindings(text: string): Finding[] {
  const findings = new Map<string, Finding>()
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const finding = parsed(line)
    if (finding === null) throw new RangeError(`line ${at + 1} is not a finding`)
    findings.set(findingKey(finding), finding)
  }
  return [...findings.values()]
}

function parsed(line: string): Finding | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const has = (name: string, type: string): boolean =>
    name in value && typeof (value as Record<string, unknown>)[name] === type
  const isFinding =
    ['case', 'scenario', 'policy', 'kernel', 'model', 'result'].every((name) =>
      has(name, 'string'),
    ) &&
    'why' in value &&
    Array.isArray(value.why) &&
    'objects' in value &&
    Array.isArray(value.objects)
  return isFinding ? (value as Finding) : null
}
