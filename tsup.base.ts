/**
 * How every package is built: ESM, CommonJS and declarations, with shared chunks, so that all entries of a
 * package have the same classes. Nothing built may name async_hooks: the types know no such module (see
 * patches/), and what gets around the types, as a cast or a bundled dependency could, is found in the output.
 */
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const noAsyncHooks: Plugin = {
  name: 'no-async-hooks',
  setup(build) {
    build.onEnd(({ outputFiles = [] }) => ({
      errors: outputFiles
        .filter(
          ({ path, text }) => !path.endsWith('.map') && /["'`](node:)?async_hooks["'`]/.test(text),
        )
        .map(({ path }) => ({
          text: `${path} loads async_hooks: context is conveyed explicitly here`,
        })),
    }))
  },
}

/** Options for a package: its entries, and what it does otherwise than the others. */
export function library(options: Options): Options {
  return {
    format: ['esm', 'cjs'],
    target: 'es2022',
    dts: true,
    splitting: true,
    clean: true,
    sourcemap: true,
    esbuildPlugins: [noAsyncHooks],
    ...options,
  }
}
