/** The built page as a file: small, in one piece, with a policy under which nothing leaves it. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const page = readFileSync(new URL('../dist/index.html', import.meta.url), 'utf8')
const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page) ?? []
const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script)

test('is under 300 kB, gzipped', () => {
  expect(gzipSync(page, { level: 9 }).length).toBeLessThan(300_000)
})

test('forbids everything but its own script and what that makes', () => {
  const [script = ''] = scripts
  expect(scripts).toHaveLength(1)
  const hash = createHash('sha256').update(script).digest('base64')
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `script-src 'sha256-${hash}' blob:`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
  ])
})

test('loads nothing', () => {
  const markup = page.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '')
  expect(markup).not.toMatch(/<(img|link|iframe|object|embed|base)\b|\b(src|srcset|style|on\w+)=/i)
})

test('names nothing of the machine that built it', () => {
  expect(page).not.toContain(new URL('../../..', import.meta.url).pathname)
})

test('names the packages that it contains, and how they are licensed', () => {
  const [, notices = ''] = /<!--\n([\s\S]*)\n-->\n$/.exec(page) ?? []
  expect(notices).toContain('Permission is hereby granted, free of charge')
  for (const name of [
    '@codemirror/view',
    '@codemirror/legacy-modes',
    '@dagrejs/dagre',
    'sucrase',
  ]) {
    expect(notices).toMatch(new RegExp(`^${name} [\\d.]+: Copyright `, 'im'))
  }
})
