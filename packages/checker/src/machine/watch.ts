/**
 * Watch: runs a model's code so that it can be stopped from outside. Code that loops without a step never gives control back, so
 * whoever looks at the time has to be somewhere else: see node/code-watch.ts.
 */
export interface Watch {
  /** @throws Interrupted when it was stopped before it came back. */
  run<T>(act: () => T): T
}
