/** Visit: the built page in a real browser. Chromium has to be installed; CHROMIUM names it where it is not `chromium`. */
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

export const URL_OF_PAGE = new URL('../dist/index.html', import.meta.url).href

/** A page, and what it did that it must not do. */
export interface Visit {
  readonly page: Page
  readonly requests: string[]
  readonly complaints: string[]
}

export async function launch(): Promise<Browser> {
  const { CHROMIUM: executablePath = '/usr/bin/chromium' } = process.env
  return await chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

/** Opens the page, and waits until it has looked at its first scenario. @param hash of the address, with `#`. @param url by default that of the file. */
export async function visit(
  browser: Browser,
  options: BrowserContextOptions = {},
  { hash = '', url = URL_OF_PAGE }: { readonly hash?: string; readonly url?: string } = {},
): Promise<Visit> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url + hash)
  await until(
    page,
    "['standing', 'fault'].some((id) => document.getElementById(id).textContent !== '')",
  )
  return { page, requests, complaints }
}

/**
 * Waits until an expression is true in the page. Playwright's own way evaluates text in the page, which the page's policy forbids.
 * @throws Error when it does not come true.
 */
export async function until(page: Page, expression: string): Promise<void> {
  for (let tries = 0; tries < 1500; tries++) {
    if (await page.evaluate(expression)) return
    await page.waitForTimeout(20)
  }
  throw new Error(`never: ${expression}`)
}

/** Puts a text into the editor, as by hand. */
export async function write(page: Page, text: string): Promise<void> {
  await page.locator('.cm-content').fill(text)
}

/** Checks, and waits for the outcome. */
export async function check(page: Page): Promise<string> {
  await page.click('#run')
  await until(page, "!document.getElementById('run').disabled")
  return (await page.locator('#outcome').textContent()) ?? ''
}

/** What keeps people from using a page, as far as axe-core can tell. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  })
}
