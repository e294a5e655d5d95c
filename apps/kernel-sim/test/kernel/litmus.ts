/**
 * Litmus: small programs whose verdict follows from the kernel's own code. Files and functions were looked up in the sources of
 * Linux 6.12.117 and, where a program names it, 6.1.192.
 */
import { expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { type PolicyName, policyNamed } from '../../src/kernel/policy.js'
import { check } from '../../src/matrix/subject.js'

export interface Litmus {
  /** What the program does, and what the kernel does then. */
  readonly program: string
  /** The function of the kernel from which that follows: file and function, Linux 6.12 where no version is named. */
  readonly source: string
  /** The verdict, or a text that the error about the program has. */
  readonly want: 'safe' | 'deadlock' | 'livelock' | RegExp
  /** By default `scope`. */
  readonly policy?: PolicyName
  readonly build: (kernel: Kernel) => void
}

/** What comes of a program: a verdict, or the error about it. */
function comesTo({ build, policy = 'scope' }: Pick<Litmus, 'build' | 'policy'>): string {
  const kernel = new Kernel(policyNamed(policy))
  try {
    build(kernel)
    return check({ machine: kernel.seal(), kernel }).verdict
  } catch (thrown) {
    return `${thrown}`
  }
}

/** Tests each program about an object, of which some have to get stuck and some must not. */
export function itBehaves(table: readonly Litmus[]): void {
  it.each(table.map((litmus) => [litmus.want, litmus.program, litmus.source, litmus] as const))(
    '%s: %s (%s)',
    (want, _program, _source, litmus) => {
      const result = comesTo(litmus)
      if (want instanceof RegExp) expect(result).toMatch(want)
      else expect(result).toBe(want)
    },
  )
  it('is held against programs of both kinds', () => {
    expect(table.some(({ want }) => want === 'safe')).toBe(true)
    expect(table.some(({ want }) => want === 'deadlock' || want === 'livelock')).toBe(true)
  })
}

/** A program in several forms: what each does, what comes of it, and what tells it from the others. */
export function inForms<F>(
  source: string,
  forms: readonly (readonly [program: string, want: Litmus['want'], form: F])[],
  build: (kernel: Kernel, form: F) => void,
): Litmus[] {
  return forms.map(([program, want, form]) => ({
    program,
    source,
    want,
    build: (kernel) => build(kernel, form),
  }))
}
