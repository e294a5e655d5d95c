/**
 * How every package is built: ESM, CommonJS and declarations, with shared chunks, so that all entries of a
 * package have the same classes. The build fails on any import of async_hooks, however it is written.
 */
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const noAsyncHooks: Plugin = {
  name: 'no-async-hooks',
  setup(build) {
    build.onResolve({ filter: /^(node:)?async_hooks$/ }, ({ importer }) => ({
      errors: [{ text: `${importer} imports async_hooks: context is conveyed explicitly here` }],
    }))
  },
}

/** Options for a package with these entries. */
export function library(entry: Record<string, string>): Options {
  return {
    entry,
    format: ['esm', 'cjs'],
    target: 'es2022',
    dts: true,
    splitting: true,
    clean: true,
    sourcemap: true,
    esbuildPlugins: [noAsyncHooks],
  }
}
