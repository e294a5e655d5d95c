// A bounded queue with one condition for "not full" and "not empty". Each change signals one sleeper, which may be the wrong
// one: a producer wakes a producer, and everybody sleeps. The wake-up is lost.
import { check, model } from '@scopemask/checker'

function queue(wake: 'one' | 'all') {
  return model(`a queue that wakes ${wake}`, (build) => {
    const mutex = build.mutex('mutex')
    const changed = build.condition('changed')
    const length = build.counter('length')
    const change = function* (from: number, to: number) {
      yield* mutex.lock()
      while ((yield* length.get()) !== from) yield* changed.wait(mutex)
      yield* length.set(to)
      if (wake === 'one') yield* changed.signal()
      else yield* changed.broadcast()
      yield* mutex.unlock()
    }
    const put = build.procedure('put', () => change(0, 1))
    const take = build.procedure('take', () => change(1, 0))
    build.replicate('producer', 2, () => build.task('producer', put))
    build.replicate('consumer', 2, () => build.task('consumer', take))
  })
}

const { verdict, counterexample } = check(queue('one'))
console.log(verdict) // → deadlock
console.log(counterexample?.waiting.map(({ task, what }) => `${task} waits for ${what}`).join('\n'))
// → producer#2 waits for a signal of condition changed
// → consumer#2 waits for a signal of condition changed

console.log(check(queue('all')).verdict) // → safe
