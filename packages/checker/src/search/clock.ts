/** Clock: what time a search takes is measured with, in every runtime. The language itself knows only the date. */
declare const performance: { now(): number }

/** Milliseconds since some moment, never going back. */
export function milliseconds(): number {
  return performance.now()
}
