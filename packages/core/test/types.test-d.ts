/**
 * What does not compile, and what types come out. The compiler checks it, as part of the build: where an
 * error is expected and there is none, that is one.
 */
import { describe, expectTypeOf, test } from 'vitest'
import { writeHeader } from '../src/adapters/http-header.js'
import { payload } from '../src/adapters/job.js'
import { wrap } from '../src/adapters/message-port.js'
import { writeBaggage } from '../src/adapters/otel-baggage.js'
import { handOff, inherit, merge, transfer } from '../src/delegation.js'
import { subscribe } from '../src/diagnostics.js'
import {
  adopt,
  bind,
  Context,
  type Conveyance,
  convey,
  current,
  currentOrUndefined,
  defineDomain,
  type Mask,
  union,
} from '../src/index.js'
import { decode, encode } from '../src/remote.js'
import { Task } from '../src/task.js'
import { spawn, wait } from '../src/tasks.js'

const jobs = defineDomain({
  name: 'jobs',
  version: 1,
  restrictions: { NO_DISK: 0 },
  grants: { URGENT: 8 },
})
const mail = defineDomain({ name: 'mail', version: 1, restrictions: { NO_HTML: 0 } })
const context = new Task(jobs)
const postman = new Task(mail)
const section = new Context(jobs)
const { NO_DISK, URGENT } = jobs.flags
const { NO_HTML } = mail.flags
declare const conveyance: Conveyance<'jobs'>

describe('masks', () => {
  test('of two domains do not mix', () => {
    // @ts-expect-error: a mask of mail
    context.enter(NO_HTML)
    // @ts-expect-error: a mask of mail
    context.run(NO_HTML, () => undefined)
    // @ts-expect-error: a mask of mail
    context.save(NO_HTML)
    // @ts-expect-error: what was saved of mail
    context.restore(NO_DISK, postman.save(NO_HTML))
    // @ts-expect-error: a mask of mail
    context.has(NO_HTML)
    // @ts-expect-error: masks of two domains
    context.enter(union(NO_DISK, NO_HTML))
    // @ts-expect-error: a mask of mail
    jobs.format(NO_HTML)
    // @ts-expect-error: a mask of mail
    new Context(jobs, { mask: NO_HTML })
    // @ts-expect-error: a grant of mail
    convey(context, 'convey-on-queue', NO_HTML)
    expectTypeOf(NO_DISK).not.toEqualTypeOf(NO_HTML)
  })

  test('are no plain numbers', () => {
    // @ts-expect-error: a number
    context.enter(1)
    // @ts-expect-error: `|` makes a number
    context.enter(NO_DISK | URGENT)
    context.enter(union(NO_DISK, URGENT))
    context.enter(jobs.mask('NO_DISK', 'URGENT'))
    context.enter(jobs.from(1))
    expectTypeOf(union(NO_DISK, URGENT)).toEqualTypeOf<Mask<'jobs'>>()
    expectTypeOf(context.save(NO_DISK)).toEqualTypeOf<Mask<'jobs'>>()
  })

  test('have names that the compiler knows', () => {
    // @ts-expect-error: a flag of mail
    jobs.mask('NO_HTML')
    // @ts-expect-error: a flag of mail
    jobs.flags.NO_HTML
    expectTypeOf(jobs.flags).toEqualTypeOf<{
      readonly NO_DISK: Mask<'jobs'>
      readonly URGENT: Mask<'jobs'>
    }>()
    expectTypeOf<Parameters<typeof jobs.mask>>().toEqualTypeOf<('NO_DISK' | 'URGENT')[]>()
  })
})

describe('a delegation', () => {
  test('without a policy does not compile', () => {
    // @ts-expect-error: no policy
    convey(context)
    // @ts-expect-error: no policy
    handOff(context, () => 1)
    // @ts-expect-error: no policy
    wrap(context, 'message')
    // @ts-expect-error: no policy
    payload(context, { to: 'a' })
    // @ts-expect-error: no policy
    writeHeader(new Headers(), context)
    // @ts-expect-error: no such policy
    convey(context, 'all')
    // @ts-expect-error: a policy that may be absent
    convey(context, undefined)
  })

  test('out of the process cannot be inherited by waiting', () => {
    // @ts-expect-error: not a policy for another process
    wrap(context, 'inherit-on-wait', 'message')
    // @ts-expect-error: not a policy for another process
    payload(context, 'inherit-on-wait', 'data')
    // @ts-expect-error: not a policy for another process
    writeHeader({}, context, 'inherit-on-wait')
    const baggage = { getEntry: () => undefined, setEntry: () => baggage }
    // @ts-expect-error: not a policy for another process
    writeBaggage(baggage, context, 'inherit-on-wait')
  })

  test('stays in its domain', () => {
    // @ts-expect-error: a context of mail
    adopt(postman, conveyance)
    // @ts-expect-error: a context of mail
    handOff(context, 'none', () => 1).run(postman)
    // @ts-expect-error: contexts of two domains
    inherit(context, postman)
    // @ts-expect-error: a context of mail
    transfer(context.enter(NO_DISK)).adopt(postman)
    // @ts-expect-error: a domain that it is not of
    merge(mail, [conveyance])
    // @ts-expect-error: decoded for mail
    adopt(context, decode(mail, 'mail/1/0'))
    expectTypeOf(decode(jobs, '')).toEqualTypeOf<Conveyance<'jobs'>>()
  })

  test('gives the worker and what run is given to the function', () => {
    const item = handOff(context, 'none', (worker, a: string, b: number) => {
      expectTypeOf(worker).toEqualTypeOf<Context<'jobs'>>()
      return a.length + b
    })
    expectTypeOf(item.run(context, 'a', 1)).toEqualTypeOf<number>()
    // @ts-expect-error: no number
    item.run(context, 'a')
  })
})

describe('a conveyance', () => {
  test('is no mask, and a mask is no conveyance', () => {
    // @ts-expect-error: a conveyance
    context.enter(conveyance)
    // @ts-expect-error: a plain number, which has no domain
    context.enter(conveyance.mask)
    // @ts-expect-error: a mask
    adopt(context, NO_DISK)
    // @ts-expect-error: a mask
    encode(NO_DISK)
  })

  test('is none of its copies', () => {
    // @ts-expect-error: a copy
    adopt(context, { ...conveyance })
    // @ts-expect-error: made by hand
    adopt(context, { domain: 'jobs', version: 1, flags: 'f77dde34', mask: 1 })
    // @ts-expect-error: its header form
    adopt(context, encode(conveyance))
  })
})

describe('what comes out', () => {
  test('of run', () => {
    expectTypeOf(context.run(NO_DISK, () => 1)).toEqualTypeOf<number>()
    expectTypeOf(context.run(NO_DISK, async () => 1)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(context.run(NO_DISK, (): PromiseLike<1> => Promise.resolve(1))).toEqualTypeOf<
      Promise<1>
    >()
    expectTypeOf(context.run(NO_DISK, (): number | Promise<string> => 1)).toEqualTypeOf<
      number | Promise<string>
    >()
    expectTypeOf(context.run(NO_DISK, (self) => self)).toEqualTypeOf<Task<'jobs'>>()
    expectTypeOf(section.run(NO_DISK, (self) => self)).toEqualTypeOf<Context<'jobs'>>()
  })

  test('of current, bind and spawn', () => {
    expectTypeOf(current(jobs)).toEqualTypeOf<Context<'jobs'>>()
    expectTypeOf(currentOrUndefined(jobs)).toEqualTypeOf<Context<'jobs'> | undefined>()
    expectTypeOf(bind(context, (a: string) => a.length)).toEqualTypeOf<(a: string) => number>()
    expectTypeOf(
      spawn(context, function* () {
        yield 1
        return 'end'
      }),
    ).toEqualTypeOf<Promise<string>>()
    expectTypeOf(
      spawn(section, function* () {
        const text = yield* wait(Promise.resolve('text'))
        expectTypeOf(text).toEqualTypeOf<string>()
        return text.length
      }),
    ).toEqualTypeOf<Promise<number>>()
  })

  test('of bind has all overloads', () => {
    function overloaded(a: string): string
    function overloaded(a: number): number
    function overloaded(a: string | number): string | number {
      return a
    }
    expectTypeOf(bind(context, overloaded)).toEqualTypeOf(overloaded)
  })

  test('is what a block can use', () => {
    expectTypeOf(context.enter(NO_DISK)).toMatchTypeOf<Disposable>()
    expectTypeOf(subscribe(jobs, () => undefined)).toMatchTypeOf<Disposable>()
    expectTypeOf(inherit(context, context)).toMatchTypeOf<Disposable>()
  })
})
