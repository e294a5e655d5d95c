/** Many states: the text of a scenario file whose states are many, all of them harmless. */

/** @param tasks how many identical tasks; each of them multiplies the states. */
export function manyStates(tasks: number): string {
  return `import { scenario } from '@scopemask/kernel-sim'
export default scenario({
  name: 'many-states',
  summary: 'tasks that take turns',
  build(kernel) {
    const lock = kernel.mutex('shared')
    const seen = kernel.variable('seen')
    kernel.replicate('task', ${tasks}, () => {
      kernel.task('task', function* () {
        yield* seen.set(1)
        yield* lock.lock()
        yield* seen.set(0)
        yield* lock.unlock()
        yield* seen.set(1)
      })
    })
  },
})
`
}
