import { defineConfig } from 'vitest/config'

// Nothing keeps state at module level, so the files of a worker share what is loaded and compiled.
export default defineConfig({
  // Nothing is timed: the limits are only there to end a test that hangs.
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    isolate: false,
  },
})
