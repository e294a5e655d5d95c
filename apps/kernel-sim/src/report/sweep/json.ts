/** Sweep JSON: the results of a sweep, for programs. In the order of the plan and without times: the same sweep gives the same bytes. */
import type { Job, Result } from '../../sweep/job.js'
import type { Sweep } from '../../sweep/sweep.js'

/** The results, as schemas/sweep.schema.json describes them. */
export function sweepJson({ plan, jobs, results }: Sweep): string {
  const there = jobs.flatMap((job) => {
    const result = results.get(job.id)
    return result === undefined ? [] : [resultJson(job, result)]
  })
  const report = {
    format: 'kernel-sim-sweep',
    version: 1,
    plan,
    jobs: jobs.length,
    done: there.length,
    results: there,
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

function resultJson(job: Job, { verdict, figures, why, token }: Result): object {
  const { id, kind, subject, policy, values } = job
  return {
    id,
    kind,
    subject,
    policy,
    parameters: values,
    ...('seed' in job ? { seed: job.seed } : {}),
    verdict,
    figures,
    ...(why === undefined ? {} : { why }),
    ...(token === undefined ? {} : { token }),
  }
}
