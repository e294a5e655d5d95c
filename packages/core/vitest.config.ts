import { defineConfig } from 'vitest/config'

// Nothing here takes seconds, but other packages' tests run beside, and on small machines.
// Nothing keeps state at module level, so the files of a worker share what is loaded and compiled.
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000, isolate: false } })
