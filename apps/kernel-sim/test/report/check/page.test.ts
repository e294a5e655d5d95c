/** The page of a check as text of HTML: complete without scripts, and nothing in its pictures without a title. */
import { describe, expect, it } from 'vitest'
import { POLICIES, policyNamed } from '../../../src/kernel/policy.js'
import { type CellOptions, rowOf } from '../../../src/matrix/cell.js'
import { exhibitsOf } from '../../../src/matrix/exhibit.js'
import { checkPage } from '../../../src/report/check/page.js'
import { pageHtml } from '../../../src/report/form/html-page.js'
import { pageText } from '../../../src/report/form/text.js'
import { CASES } from '../../../src/scenarios/catalogue.js'

async function pageOf(name: string, search: CellOptions['search'] = {}, policies = POLICIES) {
  const each = CASES.find(({ scenario }) => scenario.name === name)
  if (each === undefined) throw new Error(`no case ${name}`)
  const row = await rowOf(each, policies, { search, onProgress: () => {} })
  const exhibits = exhibitsOf(row, each.scenario, 'all')
  return { row, exhibits, page: checkPage([row], exhibits, false) }
}

/** The shapes of a picture that neither have a title nor lie in something that has one. */
function untitled(picture: string): string[] {
  const bare: string[] = []
  const open: { readonly tag: string; readonly name: string; titled: boolean }[] = []
  const close = (): void => {
    const element = open.at(-1)
    const drawn = ['path', 'rect', 'text', 'circle'].includes(element?.name ?? '')
    if (drawn && !open.slice(1).some(({ titled }) => titled)) bare.push(element?.tag ?? '')
    open.pop()
  }
  for (const [tag, slash, name = '', end] of picture
    .replace(/<defs>[\s\S]*?<\/defs>/g, '')
    .matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (slash === '/') close()
    else {
      if (name === 'title') for (const parent of open.slice(-1)) parent.titled = true
      open.push({ tag, name, titled: false })
      if (end === '/') close()
    }
  }
  return bare
}

const ATTACK = `</script><img src=x onerror=alert(1)>"'&`

describe.each(['cil-push', 'too-weak', 'transaction-hand-off', 'no-idle-worker'])(
  'the page of %s',
  async (name) => {
    const { page, exhibits } = await pageOf(name)
    const written = pageHtml(page)
    const body = written.slice(0, written.indexOf('<script>'))

    it('has an address for each step, one of a kind', () => {
      const ids = [...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
      expect(new Set(ids).size).toBe(ids.length)
      for (const { address, story } of exhibits) {
        expect(ids).toContain(address)
        story.steps.forEach((_, at) => {
          expect(ids).toContain(`${address}/step-${at + 1}`)
        })
      }
    })

    it('links only to what is on it', () => {
      const ids = new Set([...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
      const links = [...body.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id)
      expect(links.length).toBeGreaterThan(10)
      expect(links.filter((link) => !ids.has(link))).toEqual([])
    })

    it('draws nothing without a title', () => {
      const pictures = [...body.matchAll(/<svg class="picture"[\s\S]*?<\/svg>/g)].map(
        ([svg]) => svg,
      )
      expect(pictures.length).toBeGreaterThanOrEqual(exhibits.length * 2)
      for (const picture of pictures) {
        expect(untitled(picture)).toEqual([])
        expect(picture).toMatch(/<title id="[^"]+">[^<]+<\/title><desc id="[^"]+">[^<]+<\/desc>/)
      }
    })

    it('says in tables what its pictures show, also in a terminal', () => {
      const said = pageText(page)
      for (const { story } of exhibits) {
        for (const { operation } of story.steps) expect(said).toContain(operation.slice(0, 20))
      }
      for (const line of said.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120)
    })
  },
)

it('a name in a page is text, whatever it is', async () => {
  const { row, exhibits } = await pageOf('cil-push')
  const hostile = JSON.parse(
    JSON.stringify({ row, exhibits }).replaceAll(
      'dqp->q_qlock',
      JSON.stringify(ATTACK).slice(1, -1),
    ),
  ) as { row: typeof row; exhibits: typeof exhibits }
  const written = pageHtml(checkPage([hostile.row], hostile.exhibits, false))
  expect(written).not.toContain('<img')
  expect(written).toContain('&lt;img src=x')
})

describe('the verdict of a page', () => {
  it.each([
    ['scope', {}, false, 'some interleavings do not come to an end'],
    ['callee-scope', {}, true, 'no interleaving has a deadlock or a livelock'],
    [
      'callee-scope',
      { livelocks: false },
      true,
      'no interleaving has a deadlock; livelocks were not looked for',
    ],
    ['callee-scope', { maxStates: 3 }, undefined, 'a limit stopped the search'],
    [
      'callee-scope',
      { hashCompact: true },
      undefined,
      'no deadlock was found, which is no proof: hashes were kept',
    ],
  ] as const)('under %s with %j is %s', async (policy, search, good, text) => {
    const { page } = await pageOf('cil-push', search, [policyNamed(policy)])
    expect(page.marks).toEqual([{ good, text }])
  })
})
