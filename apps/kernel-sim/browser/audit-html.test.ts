/** The page of an audit in a real browser. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GFP_KERNEL, GFP_NOFS, NOFS, Trace } from '../test/audit/trace.js'
import { kernelSim } from '../test/cli/kernel-sim.js'
import { barriers, launch, seen, type Visit, visit as visitIn } from './visit.js'

const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-html-'))
let browser: Browser
/** The bundled recording, and one whose names are attacks, as pages. */
const pages = { example: '', hostile: '' }

const ATTACK = `</script><script>document.title='owned'</script><img src=x onerror=document.title='owned'>"'&`

beforeAll(async () => {
  browser = await launch()
  pages.example = await report(['--example'])
  pages.hostile = await report(['-'], hostile())
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

/** A recording with an attack wherever a name can be. */
function hostile(): string {
  const trace = new Trace()
  const [name] = [ATTACK.replaceAll(';', ',')]
  for (let i = 0; i < 9; i++) {
    trace.kmalloc({ comm: name, gfp: GFP_NOFS, st: `__kmalloc_noprof+1;${name}${i}+2;${name}+3` })
  }
  return trace
    .queue('0x1', name, { fl: NOFS, wq: name, st: `queue_work_on+1;${name}+2` })
    .start('0x1', name)
    .kmalloc({ pid: 7, gfp: GFP_KERNEL, st: `__kmalloc_noprof+1;${name}+2;x+3` })
    .end('0x1', name)
    .text.concat(`${name}\n`)
}

async function report(args: readonly string[], input = ''): Promise<string> {
  const command = ['audit', ...args, '--html', '--fail-on', 'none']
  const { stdout, stderr } = await kernelSim(command, input)
  expect(stderr).toBe('')
  const path = join(folder, `${pages.example === '' ? 'example' : 'hostile'}.html`)
  writeFileSync(path, stdout)
  return pathToFileURL(path).href
}

async function visit(url: string, options?: BrowserContextOptions): Promise<Visit> {
  return await visitIn(browser, url, options)
}

describe.each(['example', 'hostile'] as const)('the page of the %s recording', (name) => {
  it('asks for nothing and complains of nothing', async () => {
    const { requests, complaints } = await visit(pages[name])
    expect(requests).toEqual([pages[name]])
    expect(complaints).toEqual([])
  })

  it.each(['light', 'dark'] as const)('is accessible in %s', async (colorScheme) => {
    const { page } = await visit(pages[name], { colorScheme })
    expect(await barriers(page)).toEqual([])
  })

  it('shows all of it without scripts too', async () => {
    const { page } = await visit(pages[name], { javaScriptEnabled: false })
    const plain = await seen(page.locator('main'))
    const scripted = await (await visit(pages[name])).page.locator('main tbody').allInnerTexts()
    for (const rows of scripted) expect(plain).toContain(rows.slice(0, 40))
    await page.locator('summary').first().click()
    expect(await page.locator('details[open] li').count()).toBeGreaterThan(1)
  })
})

describe('the page', () => {
  it('has a table with a caption and headings for everything', async () => {
    const { page } = await visit(pages.example)
    const tables = await page.locator('table').count()
    expect(tables).toBeGreaterThan(6)
    expect(await page.locator('table > caption').count()).toBe(tables)
    expect(await seen(page.locator('h1'))).toContain('a-xfs.ndjson.gz')
    expect(await seen(page.locator('main'))).toContain('rht_deferred_worker')
    for (const link of await page.locator('nav a').all()) {
      const target = (await link.getAttribute('href')) ?? ''
      expect(await seen(page.locator(`section${target} > h2`))).toBe(await seen(link))
    }
  })

  it('sorts by a heading, numbers from the largest, names from the first, and back', async () => {
    const { page } = await visit(pages.example)
    const column = async (n: number) =>
      await page.locator(`#explicit-sites tbody tr > :nth-child(${n})`).allInnerTexts()
    const headings = page.locator('#explicit-sites thead')
    const heading = (name: string) => headings.getByRole('button', { name, exact: true })
    const place = (await headings.getByRole('button').allInnerTexts()).indexOf('covered') + 1
    await heading('covered').click()
    const covered = (await column(place)).map((text) => Number(text.replaceAll(',', '')))
    expect(covered).toEqual([...covered].sort((a, b) => b - a))
    expect(covered[0]).toBeGreaterThan(999)
    await heading('call site').click()
    const sites = await column(1)
    expect(sites).toEqual([...sites].sort((a, b) => a.localeCompare(b, 'en')))
    await heading('call site').click()
    expect(await column(1)).toEqual([...sites].sort((a, b) => b.localeCompare(a, 'en')))
    expect(await page.locator('#explicit-sites [aria-sort]').count()).toBe(1)
  })

  it('shows the rows that a filter asks for', async () => {
    const { page } = await visit(pages.example)
    const rows = page.locator('#explicit-sites tbody tr:visible')
    const all = await rows.count()
    await page.locator('#explicit-sites').getByLabel('Show rows with').fill('EXT4_find')
    expect(await rows.count()).toBeLessThan(all)
    // Also by functions on its stacks.
    for (const text of await rows.allTextContents()) expect(text).toMatch(/ext4_find/)
    expect(await seen(page.locator('#explicit-sites').getByRole('status'))).toBe(
      `${await rows.count()} of ${all} rows`,
    )
    await page.locator('#explicit-sites').getByLabel('Show rows with').fill('')
    expect(await rows.count()).toBe(all)
  })

  it('shows hostile names as they are, and does nothing else with them', async () => {
    const { page } = await visit(pages.hostile)
    expect(await page.title()).toBe('kernel-sim audit of standard input')
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.locator('script').count()).toBe(1)
    expect(await seen(page.locator('#lost-scopes tbody th'))).toBe(ATTACK)
    expect(await seen(page.locator('#damage tbody'))).toContain('<script>')
  })
})
