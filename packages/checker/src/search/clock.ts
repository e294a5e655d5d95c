/** Clock: what time a search takes is measured with, in every runtime. The language itself knows only the date. */
declare const performance: { now(): number } | undefined

/** Milliseconds since some moment. Where the runtime has `performance`, it never goes back. */
export function milliseconds(): number {
  return typeof performance === 'undefined' ? Date.now() : performance.now()
}
