/** Place: where in a scenario's code something happens, read off a stack trace. */

/** Where this package's own code lies: in its source rooms, or bundled beside the command that starts it. */
const HERE = new URL('.', import.meta.url).pathname
const OWN = HERE.endsWith('/machine/')
  ? ['machine/', 'kernel/', 'check/'].map((room) => HERE.replace(/machine\/$/, room))
  : [HERE, HERE.replace(/dist\/$/, 'bin/')]

/** The innermost line of a stack that is neither this package's own nor another's, as `file:line:column`; empty when there is none. */
export function placeOf(stack: string): string {
  const line = stack
    .split('\n')
    .slice(1)
    .find(
      (text) =>
        !/node:internal|[\\/]node_modules[\\/]|\(<anonymous>\)/.test(text) &&
        !OWN.some((own) => text.includes(own)),
    )
  return /\(?((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/.exec(line ?? '')?.[1] ?? ''
}
