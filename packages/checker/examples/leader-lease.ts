// A leader holds a lease that expires. It looks whether the lease still holds, and then writes; in between it may be paused for as
// long as it takes the lease to expire and another one to become leader. Then two leaders write.
import { check, model } from '@scopemask/checker'

const unfenced = model('a lease', (build) => {
  const lease = build.timer('lease')
  const written = build.variable('written by', 'nobody', ['nobody', 'old leader', 'new leader'])
  build.task('old leader', function* () {
    yield* lease.start()
    if (yield* lease.hasExpired()) return
    yield* written.set('old leader')
  })
  build.task('new leader', function* () {
    yield* lease.expired()
    yield* written.set('new leader')
  })
  build.atEnd('the new leader has the last word', (state) => state.get(written) === 'new leader')
})

const { verdict, claim, counterexample } = check(unfenced)
console.log(`${verdict}: ${claim}`) // → violation: the new leader has the last word
for (const { task, operation, result } of counterexample?.steps ?? []) {
  console.log(`${task}: ${operation}${result && ` gives ${result}`}`)
}
// → old leader: lease.start()
// → old leader: lease.hasExpired() gives false
// → new leader: lease.expired()
// → new leader: written by.set(new leader)
// → old leader: written by.set(old leader)

// The repair: each leader writes with the number of its term, and the store turns down what comes from an older one.
const fenced = model('a lease with a fencing token', (build) => {
  const lease = build.timer('lease')
  const written = build.variable('written by', 'nobody', ['nobody', 'old leader', 'new leader'])
  build.task('old leader', function* () {
    yield* lease.start()
    if (yield* lease.hasExpired()) return
    yield* written.compareAndSet('nobody', 'old leader') // store.write(value, { term: 1 })
  })
  build.task('new leader', function* () {
    yield* lease.expired()
    yield* written.set('new leader') // store.write(value, { term: 2 })
  })
  build.atEnd('the new leader has the last word', (state) => state.get(written) === 'new leader')
})
console.log(check(fenced).verdict) // → safe
