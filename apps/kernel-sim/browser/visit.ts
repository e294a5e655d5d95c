/** Visit: a page in a real browser. Chromium has to be installed; CHROMIUM names it where it is not `chromium`. */
import axe from 'axe-core'
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core'

/** What a page did that a report must not do. */
export interface Visit {
  readonly page: Page
  readonly requests: string[]
  readonly complaints: string[]
}

export async function launch(): Promise<Browser> {
  const { CHROMIUM: executablePath = '/usr/bin/chromium' } = process.env
  return await chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  return { page, requests, complaints }
}

/** What a reader sees of something. */
export async function seen(locator: Locator): Promise<string> {
  return (await locator.allInnerTexts()).join('\n')
}

/** What keeps people from reading a page, as far as axe-core can tell. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  })
}
