// A pool of two connections. A request holds one and asks for a second one, for a nested query: two such requests at once
// wait for each other for ever.
import { check, model } from '@scopemask/checker'

function pool(connections: number, requests: number) {
  return model(`${requests} requests, ${connections} connections`, (build) => {
    const free = build.semaphore('pool', connections)
    build.replicate('request', requests, () => {
      build.task('request', function* () {
        yield* free.acquire() // const connection = await pool.connect()
        if ((yield* build.choose('query', ['plain', 'nested'])) === 'nested') {
          yield* free.acquire() // const second = await pool.connect()
          yield* free.release()
        }
        yield* free.release()
      })
    })
  })
}

const { verdict, counterexample } = check(pool(2, 2))
console.log(verdict) // → deadlock
for (const { task, what } of counterexample?.waiting ?? []) console.log(`${task} waits for ${what}`)
// → request#1 waits for semaphore pool
// → request#2 waits for semaphore pool

// A pool with one connection more than requests is not exhausted; one with fewer is, however large it is.
console.log(check(pool(3, 2)).verdict) // → safe
console.log(check(pool(4, 4)).verdict) // → deadlock
