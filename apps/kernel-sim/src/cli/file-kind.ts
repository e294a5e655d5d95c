/** File kind: tells whoever gives a command the file of another one which that is. */
import { InputError } from '../input-error.js'

/** What tells the kinds of files: the fields that one of them has, and the command that it is for. */
const KINDS = {
  scenario: {
    fields: ['build'],
    runs: 'kernel-sim check runs it, and a machine names it as its scenario',
  },
  machine: { fields: ['workloads'], runs: 'kernel-sim simulate runs it' },
  plan: { fields: ['check', 'sample', 'simulate'], runs: 'kernel-sim sweep runs it' },
} as const

/** Looks at what a file exports. @throws InputError when it is of another kind, with the command for it; what is of no kind passes */
export function assertKind(wanted: keyof typeof KINDS, exported: unknown, given: string): void {
  if (typeof exported !== 'object' || exported === null) return
  const kinds = Object.entries(KINDS).filter(([, { fields }]) =>
    fields.some((field) => field in exported),
  )
  const [found] = kinds
  if (found === undefined || kinds.some(([kind]) => kind === wanted)) return
  const [kind, { runs }] = found
  throw new InputError(`${given} is a ${kind}, not a ${wanted}: ${runs}`)
}
