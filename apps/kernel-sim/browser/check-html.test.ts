/** The page of a check in a real browser: its pictures, and stepping through them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kernelSim } from '../test/cli/kernel-sim.js'
import { barriers, launch, seen, visit } from './visit.js'

const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-check-'))
const SIZES = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
]
let browser: Browser
let url = ''

beforeAll(async () => {
  browser = await launch()
  const { stdout, stderr } = await kernelSim(['check', 'cil-push', '--html'])
  expect(stderr).toBe('')
  const path = join(folder, 'check.html')
  writeFileSync(path, stdout)
  url = pathToFileURL(path).href
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

const CASE = '[id="case-4/scope"]'

describe('the page of cil-push', () => {
  it('asks for nothing and complains of nothing', async () => {
    const { requests, complaints } = await visit(browser, url)
    expect(requests).toEqual([url])
    expect(complaints).toEqual([])
  })

  it.each(['light', 'dark'] as const)('is accessible in %s', async (colorScheme) => {
    const { page } = await visit(browser, url, { colorScheme })
    expect(await barriers(page)).toEqual([])
  })

  it.each(SIZES)('is no wider than a window of $width pixels', async (viewport) => {
    const { page } = await visit(browser, url, { viewport })
    const over = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(over).toBe(0)
  })

  it('fits on paper: nothing is cut off', async () => {
    // A4 between its margins, in pixels of CSS.
    const { page } = await visit(browser, url, { viewport: { width: 703, height: 1032 } })
    await page.emulateMedia({ media: 'print' })
    const cut = await page.evaluate(
      "[...document.querySelectorAll('table, svg.picture, pre, p')].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((e) => e.outerHTML.slice(0, 80))",
    )
    expect(cut).toEqual([])
    expect(await page.locator('.stepper').first().isVisible()).toBe(false)
  })

  it('has the same pictures and tables without scripts', async () => {
    const plain = (await visit(browser, url, { javaScriptEnabled: false })).page
    const scripted = (await visit(browser, url)).page
    for (const part of ['svg.picture', 'table']) {
      expect(await plain.locator(part).count()).toBe(await scripted.locator(part).count())
    }
    expect(await plain.locator('.stepper').count()).toBe(0)
    expect(await seen(plain.locator(`${CASE} svg`).first())).toBe('')
    expect(await plain.locator(`${CASE} svg text`).allTextContents()).toEqual(
      await scripted.locator(`${CASE} svg text`).allTextContents(),
    )
  })

  it('leads from the matrix to a counterexample', async () => {
    const { page } = await visit(browser, url)
    await page.locator('#matrix a[href="#case-4/scope"]').click()
    expect(new URL(page.url()).hash).toBe('#case-4/scope')
    await expect
      .poll(() => page.locator(CASE).boundingBox())
      .toMatchObject({ y: expect.any(Number) })
  })

  it('steps by buttons and keys, and back; each step has an address', async () => {
    const { page } = await visit(browser, `${url}#case-4/scope`)
    const bar = page.locator(`${CASE} .stepper`)
    await bar.getByRole('button', { name: 'One step on' }).click()
    await bar.getByRole('button', { name: 'One step on' }).click()
    expect(await bar.locator('output').textContent()).toContain('step 2: current_save')
    expect(new URL(page.url()).hash).toBe('#case-4/scope/step-2')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowLeft')
    expect(new URL(page.url()).hash).toBe('#case-4/scope/step-3')
    const now = page.locator(`${CASE} tr.now`)
    expect(await seen(now.first())).toContain('queue_work')
    await page.keyboard.press('Escape')
    expect(new URL(page.url()).hash).toBe('#case-4/scope')
    expect(await page.locator(`${CASE} .now`).count()).toBe(0)
  })

  it('opens at the step of its address', async () => {
    const { page } = await visit(browser, `${url}#case-4/scope/step-7`)
    await expect.poll(() => page.locator(`${CASE} output`).textContent()).toContain('step 7:')
    // What is still to come is not as plain.
    expect(await page.locator(`${CASE} tr.later`).first().textContent()).toMatch(/^8/)
    const box = await page.locator('[id="case-4/scope/step-7"]').boundingBox()
    expect(box?.y).toBeGreaterThan(0)
    expect(box?.y).toBeLessThan(900)
  })

  it('leads from the circle to the step that took the lock', async () => {
    const { page } = await visit(browser, `${url}#case-4/scope`)
    await page.locator(`${CASE} .arc a`).first().click()
    await expect.poll(() => new URL(page.url()).hash).toMatch(/^#case-4\/scope\/step-1$/)
  })
})
