/**
 * The map is true: what CONTRIBUTING.md says of the rooms is what .dependency-cruiser.cjs enforces and what lies in the
 * folders, and every file that a comment names is there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './workspace.js'

const ROOMS = 'apps/kernel-sim/src'
const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')

/** What stands in backticks. */
function code(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span)
}

/** The rooms of the table on the page, and what it says that they import. */
const said = new Map(
  [...page.matchAll(/^ *\| `([a-z-]+\/)` \|.*\| (.*) \|$/gm)].map(([, room = '', imports = '']) => [
    room,
    code(imports),
  ]),
)

interface Rule {
  readonly name: string
  readonly from: { readonly path?: string }
  readonly to: { readonly pathNot?: string }
}

/** The same as it is enforced. */
function enforced(): Map<string, string[]> {
  const { forbidden }: { forbidden: readonly Rule[] } = createRequire(import.meta.url)(
    join(root, '.dependency-cruiser.cjs'),
  )
  const rules = forbidden.filter(
    ({ name, from }) => name.startsWith('arrows-of-') && from.path?.startsWith(`^${ROOMS}/`),
  )
  return new Map(
    rules.map(({ to }) => {
      const [, alternatives = ''] = /\((.*)\)$/.exec(to.pathNot ?? '') ?? []
      const [room = '', ...imports] = alternatives.replaceAll('\\', '').split('|')
      return [room, imports]
    }),
  )
}

/** The folders and files of the repository that are not made. */
function tree(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', '.turbo'].includes(entry.name)) return []
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? [path, ...tree(path)] : [path]
  })
}

const all = ['packages', 'apps', 'docs', '.changeset', '.github'].flatMap(tree)

describe('the map in CONTRIBUTING.md', () => {
  test('says of each room what it may import', () => {
    expect(said.size).toBeGreaterThan(5)
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(enforced()))
  })

  test('has every room that there is', () => {
    const folders = readdirSync(join(root, ROOMS), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${name}/`)
    expect(folders.filter((room) => !said.has(room))).toEqual([])
  })

  test('says of a room that is not there that it is to come', () => {
    const missing = [...said.keys()].filter((room) => !existsSync(join(root, ROOMS, room)))
    const toCome = [...page.matchAll(/\| `([a-z-]+\/)` \|.*\(to come\)/g)].map(([, room]) => room)
    expect(toCome).toEqual(missing)
  })

  test('names files and folders that are there', () => {
    const rooms = new Set(said.keys())
    const named = code(page).filter(
      (span) => /^[\w./-]+$/.test(span) && (/\/$/.test(span) || /\.\w{2,4}$/.test(span)),
    )
    const lost = named.filter(
      (path) =>
        !rooms.has(path) &&
        !existsSync(join(root, path)) &&
        !all.some((there) => there === path || there.endsWith(`/${path.replace(/\/$/, '')}`)),
    )
    expect(lost).toEqual([])
  })
})

/** A comment's lines, without its marks. */
const COMMENT = /^\s*(?:\/\*\*?|\*|\/\/)(.*)$|\s\/\/(.*)$/gm

describe('the comments', () => {
  test.each(['packages', 'apps'])('of %s name files that are there', (folder) => {
    const sources = all.filter((path) => path.startsWith(folder) && /\.(ts|mts|mjs)$/.test(path))
    const lost = sources.flatMap((path) => {
      const [, owner = ''] = /^((?:packages|apps)\/[^/]+)\//.exec(path) ?? []
      const text = readFileSync(join(root, path), 'utf8')
      return [...text.matchAll(COMMENT)]
        .flatMap(
          ([, block = '', line = '']) => (block || line).match(/[\w./-]+\.m?ts\b(?!:\d)/g) ?? [],
        )
        .filter((name) => !isThere(name, owner))
        .map((name) => `${path}: ${name}`)
    })
    expect(lost).toEqual([])
  })
})

/** Returns true if a file of this name is in the package, or of this path in the repository. */
function isThere(name: string, owner: string): boolean {
  const plain = name.replace(/^\.?\//, '')
  return all.some(
    (path) => path === plain || (path.startsWith(owner) && path.endsWith(`/${plain}`)),
  )
}
