/**
 * Litmus: a small program whose verdict follows from the kernel's own code. The model is held against it, and by `kernel-sim reproduce
 * --litmus` a real kernel too. Files and functions were looked up in the sources of Linux 6.12.117 and, where a program names it, 6.1.192.
 */
import type { Kernel } from '../../kernel/kernel.js'
import type { PolicyName } from '../../kernel/policy.js'

export interface Litmus {
  /** What the program does, and what the kernel does then. */
  readonly program: string
  /** The function of the kernel from which that follows: file and function, Linux 6.12 where no version is named. */
  readonly source: string
  readonly want: 'safe' | 'deadlock' | 'livelock'
  /** By default `scope`. */
  readonly policy?: PolicyName
  readonly build: (kernel: Kernel) => void
}

/** A program in several forms: what each does, what comes of it (a verdict, or an error), and what tells it from the others. */
export function inForms<F, W extends Litmus['want'] | RegExp>(
  source: string,
  forms: readonly (readonly [program: string, want: W, form: F])[],
  build: (kernel: Kernel, form: F) => void,
): (Omit<Litmus, 'want'> & { readonly want: W })[] {
  return forms.map(([program, want, form]) => ({
    program,
    source,
    want,
    build: (kernel) => build(kernel, form),
  }))
}
