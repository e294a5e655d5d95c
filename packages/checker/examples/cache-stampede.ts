// A value in a cache expires, and all requests that miss it ask the database at once: a cache stampede.
import { check, model } from '@scopemask/checker'

const stampede = model('stampede', (build) => {
  const isCached = build.variable('is cached', false)
  const queries = build.counter('queries')
  build.replicate('request', 3, () => {
    build.task('request', function* () {
      if (yield* isCached.get()) return
      yield* queries.add(1) // await db.query(...)
      yield* isCached.set(true)
    })
  })
  build.always('the database is asked once', (state) => state.get(queries) <= 1)
})

const found = check(stampede)
console.log(`${found.verdict}: ${found.claim}`) // → violation: the database is asked once
console.log(found.counterexample?.steps.map(({ operation }) => operation).join(', '))
// → is cached.get(), queries.add(1), is cached.get(), queries.add(1)

// The repair: the first request that misses asks, and the others wait for its answer (a single flight).
const singleFlight = model('single flight', (build) => {
  const cache = build.variable('cache', 'empty', ['empty', 'loading', 'full'])
  const queries = build.counter('queries')
  build.replicate('request', 3, () => {
    build.task('request', function* () {
      if (yield* cache.compareAndSet('empty', 'loading')) {
        yield* queries.add(1)
        yield* cache.set('full')
      }
      yield* cache.until('full')
    })
  })
  build.always('the database is asked once', (state) => state.get(queries) <= 1)
})
console.log(check(singleFlight).verdict) // → safe

// And if the query fails? The one that asked has to let the next one try, or all others wait for ever.
const failing = model('a query that fails', (build) => {
  const cache = build.variable('cache', 'empty', ['empty', 'loading', 'full'])
  build.replicate('request', 2, () => {
    build.task('request', function* () {
      if (yield* cache.compareAndSet('empty', 'loading')) {
        if ((yield* build.choose('query', ['answers', 'fails'])) === 'fails') return
        yield* cache.set('full')
      }
      yield* cache.until('full')
    })
  })
})
console.log(check(failing).verdict) // → deadlock
