/** The built page in a real browser, from disk: checking, walking, sharing, and for everybody. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deflateRawSync, gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { barriers, check, launch, URL_OF_PAGE, until, visit, write } from './visit.js'

const SIZES = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
]
let browser: Browser

beforeAll(async () => {
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
})

/** A scenario with this body of its only task. */
function scenarioWith(body: string): string {
  return `import { GFP_KERNEL, __GFP_FS, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'mine',
  summary: 'something of my own',
  build(kernel) {
    const lock = kernel.mutex('lock')
    kernel.task('task', function* () {
${body}
    })
  },
})
`
}

async function standing(page: Page): Promise<string> {
  return (await page.locator('#standing').textContent()) ?? ''
}

describe('the page', () => {
  it('asks for nothing and complains of nothing', async () => {
    const { page, requests, complaints } = await visit(browser)
    await page.selectOption('#case', '4')
    expect(await check(page)).toContain('scope: deadlock')
    expect(requests.filter((url) => !url.startsWith('blob:'))).toEqual([URL_OF_PAGE])
    expect(complaints).toEqual([])
  })

  it('sends nothing, whatever a scenario tries', async () => {
    const { page } = await visit(browser)
    await write(page, "fetch('https://example.com/'); import('https://example.com/')\n")
    expect(await check(page)).toContain('Not checked')
    const outside = ['fetch', 'WebSocket', 'EventSource', 'importScripts'].map(
      (name) =>
        `try { ${name === 'WebSocket' || name === 'EventSource' ? 'new ' : ''}${name}('https://example.com/') } catch (error) { said.push(error.name) }`,
    )
    await write(
      page,
      `const said: string[] = []\n${outside.join('\n')}\nthrow new Error(said.join())`,
    )
    await check(page)
    expect(await page.locator('#outcome').textContent()).toContain('NetworkError')
    const refused = await page.evaluate(async () => {
      const blocked: string[] = []
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
        blocked.push(effectiveDirective),
      )
      await fetch('https://example.com/').catch(() => {})
      new Image().src = 'https://example.com/'
      document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="document.title = 1">')
      document.body.append(
        Object.assign(document.createElement('script'), { text: 'document.title = 2' }),
      )
      await new Promise((resolve) => setTimeout(resolve, 100))
      return { blocked: [...new Set(blocked)].sort(), title: document.title }
    })
    expect(refused).toEqual({
      blocked: ['connect-src', 'img-src', 'script-src-attr', 'script-src-elem'].filter((each) =>
        refused.blocked.includes(each),
      ),
      title: 'Scopemask playground',
    })
    expect(refused.blocked).toEqual(expect.arrayContaining(['connect-src', 'img-src']))
  })

  it('shows as text what a scenario reports in the name of its checker', async () => {
    const { page, complaints } = await visit(browser)
    const name = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    const row = { number: '', name, summary: name, source: name, seconds: 0, cells: [] }
    await write(
      page,
      `self.postMessage({ kind: 'checked', row: ${JSON.stringify(row)}, exhibits: [], kept: [] })\nself.postMessage({ kind: 'walked', walk: ${JSON.stringify({ way: name, story: { tasks: [name] } })} })`,
    )
    await check(page)
    await expect.poll(() => page.locator('#verdicts').textContent()).toContain(name)
    await expect
      .poll(() => page.locator('#fault').textContent())
      .toContain('has disturbed its checker')
    expect(await page.locator('#verdicts img, #way img, main script').count()).toBe(0)
    expect(await page.title()).toBe('Scopemask playground')
    expect(complaints).toEqual([])
  })

  it('works from a web server', async () => {
    const html = readFileSync(new URL(URL_OF_PAGE))
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(html)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const { page, complaints } = await visit(browser, {}, { url: `http://127.0.0.1:${port}/` })
      await page.selectOption('#case', '1')
      expect(await check(page)).toContain('unrestricted: deadlock')
      expect(complaints).toEqual([])
    } finally {
      server.close()
    }
  })

  it.each(
    SIZES.flatMap((viewport) =>
      (['light', 'dark'] as const).map((colorScheme) => ({ ...viewport, colorScheme })),
    ),
  )('has no barriers at $width in $colorScheme', async ({ width, height, colorScheme }) => {
    const { page } = await visit(browser, { viewport: { width, height }, colorScheme })
    expect(await barriers(page)).toEqual([])
    await page.selectOption('#case', '4')
    await check(page)
    await page.locator('#verdicts td a').first().click()
    await page.locator('[data-walk]').first().click()
    await page.click('#on')
    await write(page, 'oh no(')
    await until(page, "document.querySelector('#fault').textContent !== ''")
    expect(await barriers(page)).toEqual([])
    const over = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(over).toBe(0)
  })
})

describe('a check', () => {
  it('leads from a verdict to its counterexample, and from there into a walk', async () => {
    const { page } = await visit(browser)
    await page.selectOption('#case', '1')
    expect(await check(page)).toBe('Checked. unrestricted: deadlock, explicit: safe, scope: safe.')
    await page.locator('#verdicts td a').click()
    expect(await page.locator('#result details[open]').count()).toBe(1)
    await page.locator('#result a[href$="/step-3"]').first().click()
    await expect.poll(() => standing(page)).toMatch(/^After step 3 of 6: /)
    expect(await page.locator('#walk-policy').inputValue()).toBe('unrestricted')
  })

  it.each([
    ['cannot be parsed', 'const a = 1\n\nlet b = (', 3],
    ['is refused by the browser', 'const a = 1\nconst a = 2', 2],
    ['throws', "const a = 1\n\n\nthrow new Error('no good')", 4],
    ['imports what there is not', "import { readFileSync } from 'node:fs'\nreadFileSync('/')", 1],
    ['misspells a flag', "import { GFP_NOFFS } from '@scopemask/kernel-sim'\n\nGFP_NOFFS", 3],
    ['forgets yield*', scenarioWith('lock.lock()'), 9],
    ['unlocks what it does not hold', scenarioWith('yield* lock.unlock()'), 9],
    ['throws in a task', scenarioWith("\nthrow new Error('no good')"), 10],
  ])('of a scenario that %s names the line', async (_, text, line) => {
    const { page, complaints } = await visit(browser)
    await write(page, text)
    expect(await check(page)).toMatch(/^(Not checked: .+|)$/)
    await expect.poll(() => page.locator('#fault').textContent()).toContain(`go to line ${line}`)
    expect(await page.locator('.cm-lint-marker-error').count()).toBe(1)
    // Marks are drawn without images, which the page may not load. What the browser says of its own is no complaint.
    expect(complaints.filter((said) => !said.includes('has already been declared'))).toEqual([])
  })

  it('ends code that does not come back, and goes on after that', async () => {
    const { page } = await visit(browser)
    await page.selectOption('#limit', '10')
    await write(page, 'for (;;);')
    expect(await check(page)).toContain('does it loop without yield*?')
    await page.selectOption('#case', '2')
    expect(await check(page)).toContain('Checked.')
  })

  it('can be cancelled', async () => {
    const { page } = await visit(browser)
    await write(page, scenarioWith('for (;;) {}'))
    await page.click('#run')
    await page.click('#cancel')
    await expect.poll(() => page.locator('#outcome').textContent()).toBe('Not checked: cancelled')
  })

  it('is under the policies that are chosen', async () => {
    const { page } = await visit(browser)
    await page.selectOption('#case', '1')
    for (const box of await page.locator('#policies input').all()) await box.uncheck()
    await page.click('#run')
    expect(await page.locator('#outcome').textContent()).toBe('Choose at least one policy.')
    await page.getByLabel('explicit').check()
    expect(await check(page)).toBe('Checked. explicit: safe.')
  })
})

describe('a walk', () => {
  it('goes by hand to a deadlock, says why, and goes back', async () => {
    const { page } = await visit(browser)
    await page.selectOption('#case', '1')
    await page.selectOption('#walk-policy', 'unrestricted')
    await expect.poll(() => page.locator('#way h2').textContent()).toContain('unrestricted')
    while (!(await standing(page)).includes('deadlock')) {
      const before = await standing(page)
      await page.locator('#tasks button').last().click()
      await expect.poll(() => standing(page)).not.toBe(before)
    }
    expect(await page.locator('#tasks .cannot').textContent()).toMatch(
      /cannot mutex_lock\(i_rwsem\): waits for mutex i_rwsem, held up by write/,
    )
    const at = Number(/^After step (\d+)/.exec(await standing(page))?.[1])
    await page.click('#back')
    await expect.poll(() => standing(page)).toMatch(new RegExp(`^After step ${at - 1} of ${at}:`))
    await page.click('#first')
    await expect.poll(() => standing(page)).toMatch(/^At the beginning:/)
  })

  it('goes by keys alone, and the focus stays', async () => {
    const { page } = await visit(browser)
    await page.locator('#tasks button').first().focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => standing(page)).toMatch(/^After step 1:/)
    expect(await page.evaluate('document.activeElement.dataset.move')).toBe('0')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => standing(page)).toMatch(/^At the beginning:/)
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => standing(page)).toMatch(/^After step 1:/)
    expect(
      await page.evaluate("document.getElementById('walk').contains(document.activeElement)"),
    ).toBe(true)
  })
})

describe('the keyboard', () => {
  it('comes to everything in the order of the page, and out of the editor', async () => {
    const { page } = await visit(browser)
    const order: string[] = []
    for (let presses = 0; presses < 60 && !order.includes('move-0'); presses++) {
      await page.keyboard.press('Tab')
      order.push(
        await page.evaluate(() => {
          const { id, dataset, classList } = document.activeElement as HTMLElement
          const isEditor = classList.contains('cm-content')
          return id || (dataset.stop ?? dataset.does ?? (isEditor ? 'editor' : ''))
        }),
      )
    }
    expect(order.filter((id) => id !== '')).toEqual([
      ...['reclaim-recursion', 'scopes', 'which-scope', 'delegation', 'conveying'],
      ...['rescuers', 'price', 'lost-wake-up', 'check', 'solve', 'next'],
      ...['case', 'editor', 'share', 'save', 'reset', 'run', 'limit', 'walk-policy', 'move-0'],
    ])
  })
})

describe('the tour', () => {
  it('is walked from its first stop to the last, each failed and then passed', async () => {
    const { page, complaints } = await visit(browser)
    const verdict = page.locator('#stop-verdict')
    for (let stop = 1; stop <= 8; stop++) {
      await expect
        .poll(() => page.locator('#stop h3').textContent())
        .toMatch(new RegExp(`^${stop}\\.`))
      await page.click('[data-does="check"]')
      await expect.poll(() => verdict.textContent()).toContain('✗ Not yet: under')
      await expect.poll(() => page.locator('#on').isEnabled()).toBe(true)
      expect(await standing(page)).toMatch(/^At the beginning/)
      await page.click('[data-does="solve"]')
      expect(await verdict.textContent()).toBe('')
      await page.click('[data-does="check"]')
      await expect.poll(() => verdict.textContent()).toContain('✓ Passed')
      expect(await page.locator('#stops .good').count()).toBe(stop)
      if (stop < 8) await page.click('[data-does="next"]')
    }
    expect(await barriers(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})

describe('a link', () => {
  it('holds the scenario, the policy and the way', async () => {
    const { page } = await visit(browser)
    await write(page, scenarioWith('yield* lock.lock()\nyield* lock.lock()'))
    await expect.poll(() => page.locator('#way h2').textContent()).toBe('mine under scope')
    await page.selectOption('#walk-policy', 'explicit')
    await expect.poll(() => page.locator('#way h2').textContent()).toBe('mine under explicit')
    await page.locator('#move-0').click()
    await expect.poll(() => standing(page)).toContain('deadlock')
    await page.click('#share')
    await expect.poll(() => page.locator('#shared').textContent()).not.toBe('')
    const { hash } = new URL(page.url())
    const other = (await visit(browser, {}, { hash })).page
    await expect.poll(() => standing(other)).toBe(await standing(page))
    expect(await other.locator('#walk-policy').inputValue()).toBe('explicit')
    expect(await other.locator('.cm-content').textContent()).toBe(
      await page.locator('.cm-content').textContent(),
    )
  })

  it.each([
    ['is cut off', '#link=q1YqU7JSMjFU0lEqLkksKQYA', /damaged/],
    ['is not of this page', '#link=!!', /letters/],
    ['is of another version', `#link=${linkOf({ v: 2, number: '1' })}`, /another version/],
    ['is of a case that there is not', `#link=${linkOf({ v: 1, number: '99' })}`, /case 99/],
    ['would fill the memory', `#link=${linkOf({ v: 1, text: ' '.repeat(3e6) })}`, /more than/],
    [
      'holds a policy that there is not',
      `#link=${linkOf({ v: 1, number: '1', walk: { policy: 'x', token: '', at: 0 } })}`,
      /policy/,
    ],
  ])('that %s is answered with a sentence', async (_, hash, sentence) => {
    const { page, complaints } = await visit(browser, {}, { hash })
    expect(await page.locator('#link-fault').textContent()).toMatch(sentence)
    expect(complaints).toEqual([])
  })

  it('with a way that is not one of the scenario says so', async () => {
    const walk = { policy: 'scope', token: '0000zzzz', at: 2 }
    const { page } = await visit(
      browser,
      {},
      { hash: `#link=${linkOf({ v: 1, number: '1', walk })}` },
    )
    await expect
      .poll(() => page.locator('#fault').textContent())
      .toContain('does not fit this model')
  })
})

/** A link that anybody could have made. */
function linkOf(json: object): string {
  return deflateRawSync(JSON.stringify(json)).toString('base64url')
}

describe('its size', () => {
  it('is under 300 kB, gzipped', () => {
    const page = readFileSync(new URL(URL_OF_PAGE))
    expect(gzipSync(page, { level: 9 }).length).toBeLessThan(300_000)
  })
})
