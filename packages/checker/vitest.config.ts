import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The examples import the package by its name: here that is its source.
  resolve: {
    alias: { '@scopemask/checker': fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
  // Nothing here takes seconds, but other packages' tests run beside, and on small machines.
  // Nothing keeps state at module level, so the files of a worker share what is loaded and compiled.
  test: { testTimeout: 60_000, hookTimeout: 60_000, isolate: false },
})
