/** Place: where in a model's code something happens, read off a stack trace. */

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

/** The folder that this package's code lies in, as stack traces name it: its source, or what is bundled of it. */
function ownCode(): string {
  const here = /(\/[^():]*\/)[^/]*:\d+:\d+\)?$/m.exec(new Error().stack ?? '')?.[1] ?? ''
  return here.replace(/src\/machine\/$/, 'src/')
}
