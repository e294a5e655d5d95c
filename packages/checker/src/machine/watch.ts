/**
 * Watch: runs a model's code so that it can be stopped from outside. Code that loops without a step never gives control back, so
 * whoever looks at the time has to be somewhere else: see node/code-watch.ts.
 */
export interface Watch {
  /**
   * Runs code that can be begun anew: it may be stopped and run once more.
   * @throws Interrupted when it was stopped before it came back.
   */
  run<T>(act: () => T): T
  /** Runs code that cannot be begun anew. @throws Interrupted as {@link run} does. */
  runOnce<T>(act: () => T): T
  /**
   * Runs work of which a model's code is a part, and what is watched in it: a whole search, if it is a short one. It must be possible
   * to throw all of it away and do it once more, since it is stopped anywhere when it does not come back soon.
   * @throws Interrupted as {@link run} does.
   */
  whole<T>(act: () => T): T
  /**
   * Runs a part of a search whose caller listens to signals between the parts: see `Search.advance`.
   * @throws Interrupted with the reason `late` when code takes long, after which the search goes on with another call, and with `signal`
   * when that code was stopped by Ctrl-C.
   */
  part<T>(act: () => T): T
}
