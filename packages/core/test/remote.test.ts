/** Conveyances out and in: the header form and plain data, and why each refusal. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adopt, Context, convey } from '../src/index.js'
import { DecodeError, decode, encode } from '../src/remote.js'
import { Task } from '../src/task.js'
import { jobsDomain } from './jobs.js'

const jobs = jobsDomain()

/** Why an input is refused. */
function refusal(input: unknown): string {
  try {
    decode(jobs, input)
  } catch (thrown) {
    if (thrown instanceof DecodeError)
      return `${thrown.reason}: ${thrown.message.replace(` (${thrown.reason})`, '')}`
    throw thrown
  }
  throw new Error('it was decoded')
}

describe('encode', () => {
  test('has one form for each conveyance', () => {
    const context = new Context(jobs, { mask: jobs.mask('NO_SPAWN', 'NO_DISK', 'URGENT') })
    const conveyance = convey(context, 'convey-on-queue', jobs.flags.URGENT)
    expect(encode(conveyance)).toBe('jobs/1/f77dde34/80000001')
    expect(encode(convey(context, 'none'))).toBe('jobs/1/f77dde34/0')
  })
})

describe('decode', () => {
  test('takes the header form, JSON and a clone, all without grants', () => {
    const context = new Context(jobs, { mask: jobs.mask('NO_SPAWN', 'NO_DISK', 'URGENT') })
    const conveyance = convey(context, 'convey-on-queue', jobs.flags.URGENT)
    for (const form of [
      encode(conveyance),
      JSON.parse(JSON.stringify(conveyance)),
      structuredClone(conveyance),
      conveyance,
    ]) {
      const worker = new Task(jobs)
      adopt(worker, decode(jobs, form))
      expect(jobs.format(worker.mask)).toBe('NO_DISK|NO_SPAWN')
    }
  })

  test('gives back what was encoded, for every domain, version and set of flags', () => {
    const name = fc.stringMatching(/^[a-zA-Z][\w.-]{0,63}$/)
    fc.assert(
      fc.property(name, fc.integer({ min: 0, max: 65535 }), fc.integer(), (name, version, bits) => {
        const domain = Object.assign(jobsDomain(), { name, version })
        const mask = domain.from(bits & domain.restrictions)
        const conveyance = convey(new Context(domain, { mask }), 'convey-on-queue')
        const worker = new Task(domain)
        adopt(worker, decode(domain, encode(conveyance)))
        expect(worker.mask).toBe(mask)
        expect(encode(decode(domain, structuredClone(conveyance)))).toBe(encode(conveyance))
      }),
    )
  })

  test.each([
    '',
    'jobs',
    'jobs/1',
    'jobs/1/f77dde34/3/',
    'jobs/1/f77dde34/3 ',
    ' jobs/1/f77dde34/3',
    'jobs/1/f77dde34/3\n',
    'jobs/01/3',
    'jobs/1/f77dde34/03',
    'jobs/1/f77dde34/0x3',
    'jobs/1/f77dde34/A',
    'jobs/1/f77dde34/-1',
    'jobs/1/f77dde34/123456789',
    'jobs/100000/3',
    'jobs/1.5/3',
    'jobs/1/f77dde34/3, jobs/1/f77dde34/3',
    'jobs/1/f77dde34/３',
    '1jobs/1/f77dde34/3',
  ])('refuses the text %j as malformed', (text) => {
    expect(refusal(text)).toMatch(/^malformed: this is not a conveyance of jobs: ".*" is not name/)
  })

  test('says what was refused without repeating what could harm a terminal or a log', () => {
    expect(refusal('a"b\\c\nd\u001b[2Je\u009bf\u2028gé')).toBe(
      'malformed: this is not a conveyance of jobs: "a?b?c?d?[2Je?f?g?" is not name/version/flags/mask',
    )
  })

  test('refuses text that is too long, without repeating it', () => {
    expect(refusal('j'.repeat(89))).toBe(
      'oversize: this is not a conveyance of jobs: 89 characters, and 88 are possible',
    )
    expect(refusal(`${'j'.repeat(1e7)}/1/3`).length).toBeLessThan(110)
    expect(refusal({ domain: 'j'.repeat(1e7), version: 1, flags: 'f77dde34', mask: 3 })).toBe(
      'oversize: this is not a conveyance of jobs: a domain name of 10000000 characters',
    )
  })

  test('refuses another domain or version', () => {
    expect(refusal('tasks/1/f77dde34/3')).toBe(
      'wrong-domain: this is not a conveyance of jobs: it is for domain "tasks"',
    )
    expect(refusal({ domain: 'Jobs', version: 1, flags: 'f77dde34', mask: 3 })).toContain(
      'wrong-domain',
    )
    expect(refusal('jobs/2/f77dde34/3')).toBe(
      'wrong-version: this is not a conveyance of jobs: it is for version 2, not 1',
    )
  })

  test('refuses bits without a name', () => {
    expect(refusal('jobs/1/f77dde34/7f')).toBe(
      'unknown-bits: this is not a conveyance of jobs: 0x7c has no flags',
    )
    expect(refusal({ domain: 'jobs', version: 1, flags: 'f77dde34', mask: 4 })).toContain(
      'unknown-bits',
    )
  })

  test('refuses grants and identities', () => {
    expect(refusal('jobs/1/f77dde34/10103')).toBe(
      'not-conveyable: this is not a conveyance of jobs: URGENT|POOL is not a restriction, and nothing else is taken from outside',
    )
    expect(refusal({ domain: 'jobs', version: 1, flags: 'f77dde34', mask: 0x100 })).toContain(
      'not-conveyable',
    )
  })

  test.each([
    undefined,
    null,
    3,
    3n,
    true,
    Symbol('jobs/1/f77dde34/3'),
    () => 'jobs/1/f77dde34/3',
    [],
    ['jobs', 1, 3],
    {},
    new String('jobs/1/f77dde34/3'),
    { domain: 'jobs', version: 1 },
    { domain: 'jobs', version: 1, flags: 'f77dde34', mask: 3, grants: 256 },
    { domain: 'jobs', version: 1, flags: 'f77dde34', mask: 3, [Symbol('extra')]: 1 },
    { domain: 'jobs', version: 1, flags: 'f77dde34', mask: '3' },
    { domain: 'jobs', version: '1', mask: 3 },
    { domain: ['jobs'], version: 1, flags: 'f77dde34', mask: 3 },
    { domain: 'jobs', version: 1, flags: 'f77dde34', mask: -1 },
    { domain: 'jobs', version: 1, flags: 'f77dde34', mask: 1.5 },
    { domain: 'jobs', version: 1, flags: 'f77dde34', mask: Number.NaN },
    { domain: 'jobs', version: 1, flags: 'f77dde34', mask: 2 ** 32 },
    { domain: 'jobs', version: Number.POSITIVE_INFINITY, mask: 3 },
    Object.create({ domain: 'jobs', version: 1, flags: 'f77dde34', mask: 3 }),
    new Map(Object.entries({ domain: 'jobs', version: 1, flags: 'f77dde34', mask: 3 })),
  ])('refuses what is no plain data: case %#', (input) => {
    expect(refusal(input)).toContain('malformed: this is not a conveyance of jobs: ')
  })

  test('takes a negative zero for zero', () => {
    expect(
      Object.is(decode(jobs, { domain: 'jobs', version: 1, flags: 'f77dde34', mask: -0 }).mask, 0),
    ).toBe(true)
  })

  test('calls no getter', () => {
    let called = false
    const input = {
      domain: 'jobs',
      version: 1,
      get mask() {
        called = true
        return 3
      },
    }
    expect(refusal(input)).toContain('malformed')
    expect(called).toBe(false)
  })
})
