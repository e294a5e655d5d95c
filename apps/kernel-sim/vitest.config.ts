import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The file that takes longest comes first, or one processor would wait for it at the end; the others in their usual order. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith('/whole.test.ts')
    const sorted = await super.sort(files)
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))]
  }
}

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    // Nothing is timed: the limits are only there to end a test that hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Nothing keeps state at module level, so the files of a worker share what is loaded and compiled.
    isolate: false,
    // What is built is loaded by Node itself, as users load it: once, and a fifth quicker than vite would run it.
    server: { deps: { external: [/\/(kernel-sim|packages\/[\w-]+)\/dist\//] } },
    sequence: { sequencer: LongestFirst },
    // By default one processor is left idle. This package's tests end last, alone.
    maxWorkers: '100%',
  },
})
