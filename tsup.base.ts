/**
 * How every package is built: ESM, CommonJS and declarations, with shared chunks, so that all entries of a
 * package have the same classes. Nothing built may name async_hooks: the types know no such module (see
 * patches/), and what gets around the types, as a cast or a bundled dependency could, is found in the output.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
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

/**
 * Takes the source maps of CommonJS away. What splits those chunks makes maps of them that lead from a file to itself, by the path that
 * it had where it was built: programs that follow maps would name lines of another computer.
 */
const noMapsOfCommonJs = {
  name: 'no-maps-of-commonjs',
  buildEnd({ writtenFiles }: { readonly writtenFiles: readonly { readonly name: string }[] }) {
    for (const { name } of writtenFiles) {
      if (name.endsWith('.cjs.map')) rmSync(name)
      else if (name.endsWith('.cjs')) {
        const text = readFileSync(name, 'utf8')
        writeFileSync(name, text.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n'))
      }
    }
  },
}

/** What a package is built with. */
interface Library {
  /** The sources of its entries, by their names. */
  readonly entry: Readonly<Record<string, string>>
  /** Those that have no types to publish. By default none. */
  readonly untyped?: readonly string[]
  /** What its declarations begin with. By default nothing. */
  readonly banner?: string
  /** By default ESM and CommonJS. */
  readonly format?: ('esm' | 'cjs')[]
}

/** Where `tsc` has put the declarations of a package (tsconfig.library.json), as it is built in its folder. */
const declarations = join(
  '.types',
  relative(fileURLToPath(new URL('.', import.meta.url)), process.cwd()),
)

/**
 * Options for a package. `tsc` comes first: it checks everything, and what it declares on the way is all that is put together
 * here, so that types are checked once.
 */
export function library({
  entry,
  untyped = [],
  banner,
  format = ['esm', 'cjs'],
}: Library): Options {
  return {
    entry: { ...entry },
    format,
    target: 'es2022',
    dts: {
      entry: Object.fromEntries(
        Object.entries(entry)
          .filter(([name]) => !untyped.includes(name))
          .map(([name, source]) => [name, join(declarations, source.replace(/\.ts$/, '.d.ts'))]),
      ),
      ...(banner === undefined ? {} : { banner }),
    },
    splitting: true,
    clean: true,
    sourcemap: true,
    esbuildPlugins: [noAsyncHooks],
    plugins: [noMapsOfCommonJs],
  }
}
