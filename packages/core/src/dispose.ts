/**
 * Dispose: the key by which `using` finds what to call. Engines that lack it get the symbol that compilers
 * (esbuild, Babel) look for there.
 */
export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose)
