import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { GFP_KERNEL, GFP_NOFS, NOFS, Trace } from '../audit/trace.js'
import { kernelSim } from './kernel-sim.js'

/** The schema of the standard, as published with @microsoft/jest-sarif 1.0.0-beta.0 (MIT). It uses nothing that only draft 4 has. */
function sarifSchema(): object {
  const packed = readFileSync(new URL('../data/sarif-2.1.0-rtm.5.schema.json.gz', import.meta.url))
  const {
    $schema: _,
    id: __,
    ...schema
  } = JSON.parse(gunzipSync(packed).toString()) as Record<string, unknown>
  return schema
}

const validate = new Ajv({
  strict: false,
  // One pattern of the schema is none in Unicode mode.
  unicodeRegExp: false,
  allErrors: true,
  formats: {
    uri: (text) => URL.canParse(text),
    'uri-reference': (text) => /^[\w\-.~:/?#[\]@!$&'()*+,;=%]*$/.test(text),
    'date-time': true,
  },
}).compile(sarifSchema())

interface Physical {
  readonly artifactLocation: { readonly uri: string; readonly index: number }
}

interface Result {
  readonly ruleId: string
  readonly kind: string
  readonly level: string
  readonly message: { readonly text: string }
  readonly partialFingerprints: { readonly 'finding/v1': string }
  readonly occurrenceCount: number
  readonly stacks?: readonly { readonly frames: readonly object[] }[]
  readonly properties?: { readonly seenIn?: readonly string[] }
  readonly locations: readonly { readonly physicalLocation?: Physical }[]
  readonly relatedLocations?: readonly { readonly physicalLocation: Physical }[]
}

/** The results of an audit, once the log was found to be valid. */
async function sarif(args: readonly string[], input = ''): Promise<Result[]> {
  const { stdout } = await kernelSim(['audit', ...args, '--sarif', '--fail-on', 'none'], input)
  const log = JSON.parse(stdout) as { runs: { results: Result[] }[] }
  expect(validate(log), JSON.stringify(validate.errors)).toBe(true)
  return log.runs[0]?.results ?? []
}

/** A work item that loses its scope, in a worker whose function was compiled under another name. */
const losing = (suffix: string) =>
  new Trace()
    .queue('0x1', 'lost_work', { fl: NOFS })
    .start('0x1', 'lost_work')
    .kmalloc({ pid: 7, gfp: GFP_KERNEL, st: `__kmalloc_noprof+1;grow${suffix}+2;lost_work+3` })
    .end('0x1', 'lost_work').text

const VIOLATING = new Trace().slabPage({ fl: NOFS }).cacheAlloc({ fl: NOFS }).text

describe('audit --sarif', () => {
  it.each([
    ['a lost scope', losing('')],
    ['a violated scope', VIOLATING],
    ['damage', `${losing('')}x\n{"ts":1\n`],
    ['nothing to find', new Trace().kmalloc().text],
    ['hostile names', losing('"<b>\\n[x](y)')],
  ])('is valid with %s', async (_, input) => {
    await sarif(['-'], input)
  })

  it('names the recordings of each finding', async () => {
    const path = (name: string) => fileURLToPath(new URL(`../data/${name}`, import.meta.url))
    const found = await sarif(['ftrace.txt.gz', 'reclaim.ndjson.gz', 'perf.txt.gz'].map(path))
    const both = found.find(({ properties }) => properties?.seenIn?.length === 2)
    expect(both?.properties?.seenIn?.every((name) => /^\w+\.\w+\.gz$/.test(name))).toBe(true)
    const [{ physicalLocation } = {}] = both?.locations ?? []
    const [other] = both?.relatedLocations ?? []
    const places = [physicalLocation, other?.physicalLocation].map(
      (place) => place?.artifactLocation.uri.split('/').at(-1) ?? '',
    )
    expect(new Set(places).size).toBe(2)
    expect(other?.physicalLocation.artifactLocation.index).not.toBe(
      physicalLocation?.artifactLocation.index,
    )
  })

  it.each(['ftrace.txt.gz', 'perf.txt.gz', 'reclaim.ndjson.gz'])(
    'is valid for %s',
    async (name) => {
      const path = fileURLToPath(new URL(`../data/${name}`, import.meta.url))
      expect((await sarif([path])).length).toBeGreaterThan(0)
    },
  )

  it('has what the recording of XFS shows, each finding under a name of its own', async () => {
    const results = await sarif(['--example'])
    const lost = results.filter(({ ruleId }) => ruleId === 'lost-scope')
    expect(lost).toMatchObject([
      {
        kind: 'fail',
        level: 'warning',
        occurrenceCount: 14,
        locations: [{ logicalLocations: [{ name: 'rht_deferred_worker', kind: 'function' }] }],
      },
    ])
    expect(lost[0]?.partialFingerprints['finding/v1']).toBe(
      'lost-scope/rht_deferred_worker/direct/NOFS/__GFP_FS/bucket_table_alloc/rht_deferred_worker/KERNEL/none',
    )
    expect(JSON.stringify(lost[0]?.stacks)).toContain('"xfs_trans_get_buf_map"')
    const names = results.map(({ partialFingerprints }) => partialFingerprints['finding/v1'])
    expect(new Set(names).size).toBe(results.length)
    expect(new Set(results.map(({ ruleId }) => ruleId))).toEqual(
      new Set(['lost-scope', 'needs-scope', 'partly-covered', 'redundant-flag']),
    )
  })

  it('names a finding alike when a compiler names its function otherwise', async () => {
    const names = await Promise.all(
      ['', '.isra.0', '.constprop.0.isra.1'].map(async (suffix) => {
        const [result] = await sarif(['-'], losing(suffix))
        return result?.partialFingerprints['finding/v1']
      }),
    )
    expect(new Set(names).size).toBe(1)
  })

  it('numbers the copies of one function', async () => {
    const trace = new Trace()
    for (const suffix of ['', '.part.0']) {
      trace.kmalloc({ gfp: GFP_NOFS, st: `__kmalloc_noprof+1;grow${suffix}+2;caller+3` })
    }
    const names = (await sarif(['-'], trace.text)).map((each) => each.partialFingerprints)
    expect(names).toEqual([
      { 'finding/v1': 'needs-scope/grow/caller/NOFS' },
      { 'finding/v1': 'needs-scope/grow/caller/NOFS/2' },
    ])
  })

  it('calls an error what was waited for or is violated, and lets people review what is not known', async () => {
    const waiting = new Trace()
      .queue('0x1', 'lost_work', { fl: NOFS, st: 'queue_work_on+1;user+5;syscall+6' })
      .event('sched_switch', { fl: NOFS, prev_state: 2, st: 'flush_work+2;user+7;syscall+6' })
      .start('0x1', 'lost_work')
      .kmalloc({ pid: 7, gfp: GFP_KERNEL })
      .end('0x1', 'lost_work').text
    expect(await sarif(['-'], waiting)).toMatchObject([{ level: 'error' }])
    expect(await sarif(['-'], VIOLATING)).toMatchObject([
      { ruleId: 'scope-violated', level: 'error' },
      { ruleId: 'kernel-differs', level: 'warning' },
    ])
    const ftrace = fileURLToPath(new URL('../data/ftrace.txt.gz', import.meta.url))
    const unknown = (await sarif([ftrace])).filter(({ ruleId }) => ruleId === 'lost-scope')
    expect(unknown.length).toBeGreaterThan(0)
    for (const each of unknown) expect(each).toMatchObject({ kind: 'review', level: 'none' })
  })

  it('says where the recording lies, and what of it is missing', async () => {
    const path = fileURLToPath(new URL('../data/reclaim.ndjson.gz', import.meta.url))
    const { stdout } = await kernelSim(['audit', path, '--sarif'])
    expect(JSON.parse(stdout).runs[0].artifacts[0].location.uri).toMatch(
      /^file:\/\/\/.*reclaim\.ndjson\.gz$/,
    )
    const damaged = await kernelSim(['audit', '-', '--sarif'], `${losing('')}x\n`)
    expect(JSON.parse(damaged.stdout).runs[0]).toMatchObject({
      artifacts: [],
      invocations: [{ toolExecutionNotifications: [{ level: 'warning' }] }],
    })
  })
})

it('a trace.dat has no lines that a result could stand on: it says the records', async () => {
  const file = fileURLToPath(new URL('../data/trace-v7-lost.dat', import.meta.url))
  const results = await sarif([file])
  const places = results.flatMap(({ locations }) => locations.map((at) => at.physicalLocation))
  expect(places.length).toBeGreaterThan(0)
  for (const place of places) {
    expect(place).toHaveProperty('artifactLocation.index', 0)
    expect(place).not.toHaveProperty('region')
  }
  expect(JSON.stringify(results.map(({ stacks }) => stacks))).toMatch(/first at record [\d,]+"/)
})
