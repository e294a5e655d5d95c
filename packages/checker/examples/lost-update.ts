// Two requests read a balance, wait for something, and write it back: one of the two deposits is lost.
import { check, model } from '@scopemask/checker'

const deposits = model('deposits', (build) => {
  const balance = build.counter('balance')
  for (const name of ['first', 'second']) {
    build.task(name, function* () {
      const read = yield* balance.get() // const read = await db.read()
      yield* balance.set(read + 1) // await db.write(read + 1)
    })
  }
  build.atEnd('both deposits count', (state) => state.get(balance) === 2)
})

const { verdict, claim, counterexample } = check(deposits)
console.log(`${verdict}: ${claim}`) // → violation: both deposits count
for (const { task, operation, result } of counterexample?.steps ?? []) {
  console.log(`${task}: ${operation}${result && ` gives ${result}`}`)
}
// → first: balance.get() gives 0
// → second: balance.get() gives 0
// → first: balance.set(1)
// → second: balance.set(1)

// With the reading and the writing in one step, nothing is lost.
const atomic = model('atomic deposits', (build) => {
  const balance = build.counter('balance')
  for (const name of ['first', 'second']) {
    build.task(name, function* () {
      yield* balance.add(1) // UPDATE accounts SET balance = balance + 1
    })
  }
  build.atEnd('both deposits count', (state) => state.get(balance) === 2)
})
console.log(check(atomic).verdict) // → safe
