import { defineConfig } from 'vitest/config'

// Nothing here takes seconds, but other packages' tests run beside, and on small machines.
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000, isolate: false } })
