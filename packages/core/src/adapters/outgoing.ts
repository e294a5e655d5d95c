/** Outgoing: what every adapter sends. */
import type { Context } from '../context.js'
import { convey } from '../convey.js'
import type { Policy } from '../conveyance.js'
import { ConveyanceError } from '../errors.js'
import { encode } from '../remote.js'

/** What a delegation out of this process can convey. Nobody there can be waited for through a context here. */
export type RemotePolicy = Exclude<Policy, 'inherit-on-wait'>

/** Captures what the policy conveys, in the header form. Grants never leave the process. */
export function outgoing<N extends string>(
  context: Context<N>,
  policy: RemotePolicy,
  label: string,
): string {
  if ((policy as Policy) === 'inherit-on-wait') {
    throw new ConveyanceError(`${policy}: ${label} leaves the process, where nobody can inherit`)
  }
  return encode(convey(context, policy, undefined, label))
}
