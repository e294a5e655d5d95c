import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    // Nothing is timed: the limits are only there to end a test that hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
