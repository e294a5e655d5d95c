/** The pages of simulations in a real browser: one run, and policies side by side. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kernelSim } from '../test/cli/kernel-sim.js'
import { barriers, launch, visit } from './visit.js'

const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-simulate-'))
const SIZES = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
]
let browser: Browser
const urls = new Map<string, string>()

beforeAll(async () => {
  browser = await launch()
  const machine = join(folder, 'm.yaml')
  writeFileSync(
    machine,
    'memory: 128 MiB\nseconds: 2\nworkloads:\n  w: { type: write, size: 64 MiB }\n  hog: { type: hog, size: 90 MiB, pace: 10 ms }\n',
  )
  for (const [name, policies] of [
    ['one', 'scope'],
    ['several', 'scope,nofs,unrestricted'],
  ] as const) {
    const { stdout, stderr } = await kernelSim([
      'simulate',
      machine,
      '--policy',
      policies,
      '--html',
    ])
    expect(stderr).toBe('')
    const path = join(folder, `${name}.html`)
    writeFileSync(path, stdout)
    urls.set(name, pathToFileURL(path).href)
  }
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

describe.each(['one', 'several'])('the page of %s', (name) => {
  const url = () => urls.get(name) ?? ''

  it('asks for nothing and complains of nothing', async () => {
    const { requests, complaints } = await visit(browser, url())
    expect(requests).toEqual([url()])
    expect(complaints).toEqual([])
  })

  it.each(['light', 'dark'] as const)('is accessible in %s', async (colorScheme) => {
    const { page } = await visit(browser, url(), { colorScheme })
    expect(await barriers(page)).toEqual([])
  })

  it.each(SIZES)('is no wider than a window of $width pixels', async (viewport) => {
    const { page } = await visit(browser, url(), { viewport })
    const over = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(over).toBe(0)
  })

  it('has the same pictures without scripts', async () => {
    const plain = (await visit(browser, url(), { javaScriptEnabled: false })).page
    const scripted = (await visit(browser, url())).page
    const count = await plain.locator('svg.picture').count()
    expect(count).toBeGreaterThan(4)
    expect(count).toBe(await scripted.locator('svg.picture').count())
  })

  it.each(SIZES)(
    'has no text in a picture that is cut or on another, $width pixels',
    async (viewport) => {
      const { page } = await visit(browser, url(), { viewport })
      expect(await page.evaluate(TEXTS)).toEqual([])
    },
  )
})

/** Texts of pictures that reach out of their picture, or lie on each other. */
const TEXTS = `[...document.querySelectorAll('svg.picture')].flatMap((svg) => {
  const frame = svg.getBoundingClientRect()
  const texts = [...svg.querySelectorAll('text')].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
  const out = texts.filter(({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
  const on = texts.flatMap((one, at) => texts.slice(at + 1).filter(({ box }) =>
    box.left < one.box.right - 1 && one.box.left < box.right - 1 && box.top < one.box.bottom - 4 && one.box.top < box.bottom - 4,
  ).map((other) => one.text + ' on ' + other.text))
  return [...out.map(({ text }) => svg.querySelector('title').textContent + ': ' + text + ' is cut'), ...on.map((each) => svg.querySelector('title').textContent + ': ' + each)]
})`
