import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Nothing is timed: the limits are only there to end a test that hangs.
  test: { include: ['**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
})
