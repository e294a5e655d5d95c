/** Kernel age: what a recording of an old kernel cannot say about scopes, and from which kernel on advice holds where its age is unknown. */
import type { AuditFacts } from '../../audit/audit.js'
import { SCOPES_SINCE } from '../../trace/attribute/scopes-of-kernel.js'
import { isBefore, type KernelVersion } from '../../trace/kernel-version.js'
import type { Reading } from '../../trace/read/read-trace.js'

/** Sentences about the kernels of recordings that are older than scopes, or may be. */
export function kernelAge(
  recordings: readonly Reading[],
  { callSites: { coverage }, requests }: AuditFacts,
): string[] {
  const said = recordings.flatMap(({ name, kernel }) => {
    const lacks = SCOPES_SINCE.filter(({ since }) => isBefore(kernel, since) === true)
    if (lacks.length === 0) return []
    const scopes = lacks.map(
      ({ scope, since, opens }) => `${scope} scopes (${opens}() came in ${since})`,
    )
    return [
      `${recordings.length === 1 ? 'The recording' : name} is of ${kernelText(kernel)}, which has no ${scopes.join(' and no ')}: ` +
        `there GFP_${lacks.map(({ scope }) => scope).join(' and GFP_')} ${lacks.length === 1 ? 'has' : 'have'} to stay, whatever functions are on the stack.`,
    ]
  })
  const advice = coverage.always.sites + coverage.sometimes.sites + coverage.never.sites
  const unknown = recordings.some(({ kernel }) => isBefore(kernel, '4.12') === undefined)
  if (unknown && advice > 0 && requests.flagsFrom.recorded === 0) {
    said.push(
      `${recordings.length === 1 ? 'The recording does' : 'Some recordings do'} not name the kernel: that a flag can go, or a scope can be opened first, holds from Linux 4.12 on for NOFS and ` +
        'from 3.9 on for NOIO. Earlier ones do not have these scopes.',
    )
  }
  return said
}

function kernelText({ release, before }: KernelVersion): string {
  return release === undefined
    ? `a kernel before ${before}, as the names of its flags show`
    : `Linux ${release}`
}
