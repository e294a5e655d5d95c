/** Place: where in a model's code something happens, read off a stack trace. */
import { Misuse } from './errors.js'

/**
 * Finds the innermost line of a stack that is a model's own.
 * @param stack as an Error has it.
 * @param internals paths of the code that a model is written with; files below them are passed over, as those of Node,
 * of installed packages and of this one are.
 * @returns `file:line:column`, or nothing when no line is the model's.
 */
export function placeOf(stack: string, internals: readonly string[]): string {
  const here = ownCode()
  const own = here === '' ? internals : [...internals, here]
  const line = stack
    .split('\n')
    .slice(1)
    .find(
      (text) =>
        !/node:internal|[\\/]node_modules[\\/]|\(<anonymous>\)/.test(text) &&
        !own.some((path) => text.includes(path)),
    )
  return /\(?((?:[a-z]+:\/\/|\/)[^()@]*:\d+:\d+)\)?$/.exec(line ?? '')?.[1] ?? ''
}

/**
 * What a model's code has thrown as a misuse, which names the place in that code, where it is known and not said already.
 * @param said `of` stands before the sentence; `who` threw it, if it is no misuse; `internals` are as for {@link placeOf}.
 */
export function misuseOf(
  thrown: unknown,
  {
    of = '',
    who,
    internals,
  }: { readonly of?: string; readonly who: string; readonly internals: readonly string[] },
): Misuse {
  const isMisuse = thrown instanceof Misuse
  const message = `${of}${isMisuse ? thrown.message : `${who} throws ${String(thrown)}`}`
  if (isMisuse && thrown.place !== '')
    return new Misuse(message, { cause: thrown, place: thrown.place })
  const place = thrown instanceof Error ? placeOf(`${thrown.stack}`, internals) : ''
  return new Misuse(place === '' ? message : `${message}, at ${place}`, { cause: thrown, place })
}

/** The folder that this package's code lies in, as stack traces name it: its source, or what is bundled of it. */
function ownCode(): string {
  const here = /(\/[^():]*\/)[^/]*:\d+:\d+\)?$/m.exec(new Error().stack ?? '')?.[1] ?? ''
  return here.replace(/src\/machine\/$/, 'src/')
}
