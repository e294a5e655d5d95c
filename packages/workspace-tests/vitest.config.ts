import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Real builds, installs and registries: seconds each, and other packages' tests run beside them.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
