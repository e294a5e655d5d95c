import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    // Nothing is timed: the limits are only there to end a test that hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Nothing keeps state at module level, so the files of a worker share what is loaded and compiled.
    isolate: false,
    // The built command is loaded by Node itself, as users load it.
    server: { deps: { external: [/\/kernel-sim\/dist\//] } },
    // By default one processor is left idle. This package's tests end last, alone.
    maxWorkers: '100%',
  },
})
