/** The page of an audit in a real browser. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GFP_KERNEL, GFP_NOFS, NOFS, Trace } from '../test/audit/trace.js'
import { kernelSim } from '../test/cli/kernel-sim.js'
import { barriers, launch, seen, type Visit, visit as visitIn } from './visit.js'

const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-html-'))
let browser: Browser
/** As pages: the bundled recording, one whose names are attacks, one with reclaim and unknown scopes, and two compared. */
const pages = { example: '', hostile: '', reclaim: '', compared: '' }

const SIZES = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
]

/** In the page: what is wider than the window and not in something that scrolls by itself. */
const CLIPPED = `(() => {
  const root = document.documentElement
  const found = root.scrollWidth > root.clientWidth ? ['the page scrolls sideways'] : []
  for (const each of document.querySelectorAll('main *, header *')) {
    const { left, right, width } = each.getBoundingClientRect()
    if (width === 0 || each.closest('.scroll, svg') !== null) continue
    if (left < 0 || right > root.clientWidth + 1) found.push(each.tagName + ' ' + each.id)
  }
  for (const cell of document.querySelectorAll('td, th')) {
    if (cell.scrollWidth > cell.clientWidth + 1) found.push('a cell is too narrow for ' + cell.textContent.slice(0, 40))
  }
  return found
})()`

/** In the page: texts of timelines and histograms that cover each other, or are cut. */
const OVERLAPS = `(() => {
  const found = []
  for (const svg of document.querySelectorAll('#lost-scopes svg.picture, #reclaim svg.picture')) {
    const whole = svg.getBoundingClientRect()
    const texts = [...svg.querySelectorAll('text')].map((each) => [each.lastChild.textContent, each.getBoundingClientRect()])
    texts.forEach(([a, x], at) => {
      if (x.left < whole.left - 1 || x.right > whole.right + 1 || x.bottom > whole.bottom + 1) found.push(a + ' is cut')
      for (const [b, y] of texts.slice(at + 1)) {
        if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 3 && y.top < x.bottom - 3) found.push(a + ' over ' + b)
      }
    })
  }
  return found
})()`

/** In the page as it is printed: what is cut off, since paper does not scroll. */
const CLIPPED_IN_PRINT = `(() => {
  const right = document.documentElement.clientWidth + 1
  const all = [...document.querySelectorAll('main svg.picture, main table, main p, main li')]
  return all.filter((each) => each.getBoundingClientRect().right > right).map((each) => each.tagName + ' ' + each.textContent.slice(0, 40))
})()`

const ATTACK = `</script><script>document.title='owned'</script><img src=x onerror=document.title='owned'>"'&`

beforeAll(async () => {
  browser = await launch()
  pages.example = await report('example', ['--example'])
  pages.hostile = await report('hostile', ['-'], hostile())
  const recorded = (name: string) => fileURLToPath(new URL(`../test/data/${name}`, import.meta.url))
  pages.reclaim = await report('reclaim', ['-'], reclaiming())
  const compared = ['--compare', recorded('reclaim.ndjson.gz'), recorded('bulk-refill.ndjson')]
  pages.compared = await report('compared', compared)
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

/** Text of ftrace, which does not say the scopes of tasks: two tasks in reclaim, for longer each time; one is not seen to leave. */
function reclaiming(): string {
  const lines: string[] = []
  let now = 100
  const say = (task: string, event: string, after: number) => {
    now += after / 1e6
    lines.push(`${task} [000] ..... ${now.toFixed(6)}: ${event}`)
  }
  const shrinker = 'super_cache_scan+0x0/0x1b0 00000000aa: nid: 0'
  for (let i = 0; i < 24; i++) {
    const task = i % 3 === 0 ? 'cat-11' : 'dd-12'
    say(task, 'mm_vmscan_direct_reclaim_begin: order=0 gfp_flags=GFP_NOFS', 50)
    say(
      task,
      `mm_shrink_slab_start: ${shrinker} objects to shrink 1 gfp_flags GFP_NOFS cache items 9 delta 1 total_scan 1 priority 12`,
      1,
    )
    say(
      task,
      `mm_shrink_slab_end: ${shrinker} unused scan count 0 new scan count 0 total_scan 0 last shrinker return val 0`,
      i * i,
    )
    if (i < 22) say(task, 'mm_vmscan_direct_reclaim_end: nr_reclaimed=32', 2 ** (i % 12))
    say(
      task,
      'kmalloc: call_site=ext4_find_extent+0x1/0x2 ptr=00000000bb bytes_req=96 bytes_alloc=96 gfp_flags=GFP_NOFS',
      3,
    )
    lines.push(
      `${task} [000] ..... ${now.toFixed(6)}: <stack trace>`,
      ' => __kmalloc',
      ' => ext4_find_extent',
    )
    lines.push(i % 2 === 0 ? ' => ext4_do_writepages' : ' => ext4_map_blocks', ' => vfs_write')
  }
  return `# tracer: nop\n#\n${lines.join('\n')}\n`
}

async function report(name: string, args: readonly string[], input = ''): Promise<string> {
  const command = ['audit', ...args, '--html', '--fail-on', 'none']
  const { stdout, stderr } = await kernelSim(command, input)
  expect(stderr).toBe('')
  const path = join(folder, `${name}.html`)
  writeFileSync(path, stdout)
  return pathToFileURL(path).href
}

/** The colour of the first element of a picture that a selector finds. */
async function fillOf(page: Page, selector: string): Promise<unknown> {
  const element = `document.querySelector(${JSON.stringify(selector)})`
  const fill = await page.evaluate(`getComputedStyle(${element}).fill`)
  expect(fill).toMatch(/^rgb/)
  return fill
}

async function visit(url: string, options?: BrowserContextOptions): Promise<Visit> {
  return await visitIn(browser, url, options)
}

describe.each(['example', 'hostile', 'reclaim', 'compared'] as const)(
  'the page of the %s recording',
  (name) => {
    it('asks for nothing and complains of nothing', async () => {
      const { requests, complaints } = await visit(pages[name])
      expect(requests).toEqual([pages[name]])
      expect(complaints).toEqual([])
    })

    it.each(['light', 'dark'] as const)('is accessible in %s', async (colorScheme) => {
      const { page } = await visit(pages[name], { colorScheme })
      expect(await barriers(page)).toEqual([])
    })

    it.each(SIZES)(
      'is no wider than a window of $width pixels, and clips nothing',
      async (viewport) => {
        const { page } = await visit(pages[name], { viewport })
        const clipped = await page.evaluate(CLIPPED)
        expect(clipped).toEqual([])
      },
    )

    it('shows all of it without scripts too', async () => {
      const { page } = await visit(pages[name], { javaScriptEnabled: false })
      const plain = await seen(page.locator('main'))
      const scripted = await (await visit(pages[name])).page.locator('main tbody').allInnerTexts()
      for (const rows of scripted) expect(plain).toContain(rows.slice(0, 40))
      if ((await page.locator('summary').count()) === 0) return
      await page.locator('summary').first().click()
      expect(await page.locator('details[open] li').count()).toBeGreaterThan(1)
    })
  },
)

describe('the page', () => {
  it('says the verdict first', async () => {
    const { page } = await visit(pages.example, { viewport: { width: 390, height: 844 } })
    const verdict = page.locator('header > p.marks')
    expect(await seen(verdict)).toContain('scopes lost')
    expect((await verdict.boundingBox())?.y).toBeLessThan(300)
    expect(await page.locator('header > :nth-child(2)').getAttribute('class')).toBe('marks')
  })

  it('has pictures without scripts, each with words, and a table beside it', async () => {
    const { page } = await visit(pages.example, { javaScriptEnabled: false })
    for (const id of ['flame', 'lost-scopes']) {
      const section = page.locator(`section#${id}`)
      expect(await section.locator('svg.picture > title').count()).toBeGreaterThan(0)
      expect(await section.locator('svg.picture > desc').count()).toBeGreaterThan(0)
      expect(await section.locator('table').count()).toBeGreaterThan(0)
    }
    const flame = page.locator('#flame svg text')
    const texts = await flame.allTextContents()
    expect(texts.filter((text) => text.endsWith('kthread')).length).toBeGreaterThan(0)
  })

  it.each(['light', 'dark'] as const)(
    'gives a scope the same colour in all pictures, in %s',
    async (colorScheme) => {
      const { page } = await visit(pages.example, { colorScheme })
      const inFlame = await fillOf(page, '#flame .k0 .flame-scope')
      expect(inFlame).toBe(await fillOf(page, '#lost-scopes .k0 .flame-scope'))
      const { page: other } = await visit(pages.reclaim, { colorScheme })
      expect(await fillOf(other, '#flame .k0 .flame-scope')).toBe(inFlame)
      expect(await fillOf(other, '#flame .kunknown .flame-scope')).not.toBe(inFlame)
    },
  )

  it('draws no text over another in a timeline or a histogram, and none beyond the picture', async () => {
    for (const url of [pages.example, pages.reclaim]) {
      const { page } = await visit(url)
      expect(await page.evaluate(OVERLAPS)).toEqual([])
    }
  })

  it('shows how long reclaim and shrinkers took by task, and what nobody knows not as nought', async () => {
    const { page } = await visit(pages.reclaim, { javaScriptEnabled: false })
    const captions = await page.locator('#reclaim figcaption').allInnerTexts()
    expect(captions.join()).toMatch(/ in reclaim: \d+ entr/)
    expect(captions.join()).toMatch(/ in shrinkers: \d+ run/)
    const shares = await page.locator('#explicit-sites td.number', { hasText: 'unknown' }).all()
    expect(shares.length).toBeGreaterThan(0)
    for (const share of shares) expect(await share.locator('path').count()).toBe(1)
    expect(await seen(page.locator('.marks'))).not.toContain('✓ no scope lost')
  })

  it('prints all of it, pictures too, on pages', async () => {
    const { page } = await visit(pages.example)
    await page.emulateMedia({ media: 'print' })
    await page.setViewportSize({ width: 718, height: 1000 })
    const clipped = await page.evaluate(CLIPPED_IN_PRINT)
    expect(clipped).toEqual([])
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(20_000)
  })

  it('keeps the headings of a long table in view, and opens stacks as wide as it', async () => {
    const { page } = await visit(pages.example, { viewport: { width: 1280, height: 900 } })
    const table = page.locator('#flame .scroll:has(table)')
    await table.evaluate((each) => each.scrollTo(0, 2000))
    const [top, heading] = [
      await table.boundingBox(),
      await table.locator('thead th').first().boundingBox(),
    ]
    expect(Math.abs((heading?.y ?? 0) - (top?.y ?? 0))).toBeLessThan(2)
    const stacks = page.locator('#explicit-sites tr.stacks').first()
    await stacks.locator('summary').first().click()
    const whole = (await page.locator('#explicit-sites table').boundingBox())?.width ?? 0
    expect((await stacks.locator('td').boundingBox())?.width).toBeGreaterThan(whole * 0.99)
  })

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
      await page.locator(`#explicit-sites tbody tr:not(.stacks) > :nth-child(${n})`).allInnerTexts()
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
    const rows = page.locator('#explicit-sites tbody tr:visible:not(.stacks)')
    const all = await rows.count()
    await page.locator('#explicit-sites').getByLabel('Show rows with').fill('EXT4_find')
    expect(await rows.count()).toBeLessThan(all)
    // Also by functions on its stacks.
    const shown = await page.locator('#explicit-sites tbody tr:visible').allTextContents()
    expect(shown.filter((text) => /ext4_find/.test(text)).length).toBeGreaterThanOrEqual(
      await rows.count(),
    )
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
    expect(await seen(page.locator('#lost-scopes tbody th').first())).toBe(ATTACK)
    expect(await seen(page.locator('#damage tbody'))).toContain('<script>')
  })
})
