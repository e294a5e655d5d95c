// Philosophers around a table take the fork on their left, then the one on their right. If all are quick with the left one,
// nobody ever eats.
import { check, model } from '@scopemask/checker'

function table(name: string, seats: number, isLastLeftHanded: boolean) {
  return model(name, (build) => {
    const forks = Array.from({ length: seats }, (_, seat) => build.mutex(`fork ${seat}`))
    for (const [seat, left] of forks.entries()) {
      const right = forks[(seat + 1) % seats] ?? left
      const isSwapped = isLastLeftHanded && seat === seats - 1
      const [first, second] = isSwapped ? [right, left] : [left, right]
      build.task(`philosopher ${seat}`, function* () {
        yield* first.lock()
        yield* second.lock()
        yield* second.unlock()
        yield* first.unlock()
      })
    }
  })
}

const { verdict, counterexample } = check(table('greedy', 3, false))
console.log(verdict) // → deadlock
console.log(counterexample?.cycle.join(' -> ')) // → philosopher 0 -> philosopher 1 -> philosopher 2
for (const { task, what } of counterexample?.waiting ?? []) console.log(`${task} waits for ${what}`)
// → philosopher 0 waits for mutex fork 1
// → philosopher 1 waits for mutex fork 2
// → philosopher 2 waits for mutex fork 0

// It is enough that one of them begins with the other hand.
console.log(check(table('one left-handed', 3, true)).verdict) // → safe
