/**
 * Files: what a scenario or a machine of the user's is made of, its file and those that it imports, taken once at the beginning. A job
 * works on a copy, here or on another machine, so a file that is changed meanwhile does not change half of a sweep.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'

export interface Files {
  /** Of all of it. */
  readonly hash: string
  /** The file that is loaded, by its path below. */
  readonly entry: string
  /** Texts by their paths, relative to one folder, with slashes. */
  readonly texts: Readonly<Record<string, string>>
}

/** A scenario is a page or some; what is larger was not meant. */
const MOST_FILES = 100
const MOST_BYTES = 4 << 20

const IMPORT = /\b(?:from|import|require)\s*\(?\s*(['"])(\.\.?\/[^'"\n]+)\1/g
const ENDINGS = ['', '.ts', '.mts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js']

/**
 * Takes a file, and all that it and its imports import by relative paths.
 * @param more other files to take along.
 * @throws InputError when there is too much of it.
 */
export function filesOf(file: string, more: readonly string[] = []): Files {
  const entry = resolve(file)
  const texts = new Map<string, string>()
  const next = [entry, ...more.map((each) => resolve(each))]
  let bytes = 0
  for (let path = next.pop(); path !== undefined; path = next.pop()) {
    if (texts.has(path)) continue
    const text = readText(path)
    bytes += text.length
    if (texts.size === MOST_FILES || bytes > MOST_BYTES) {
      throw new InputError(
        `${file} imports more than ${MOST_FILES} files or ${MOST_BYTES >> 20} MiB: a job takes no more along`,
      )
    }
    texts.set(path, text)
    if (/\.[cm]?[jt]s$/.test(path)) next.push(...importsOf(path, text))
  }
  const root = commonFolder([...texts.keys()])
  const below = (path: string): string => relative(root, path).split(sep).join('/')
  const named = [...texts].map(([path, text]) => [below(path), text] as const)
  named.sort(([a], [b]) => (a < b ? -1 : 1))
  return sealed(below(entry), Object.fromEntries(named))
}

function sealed(entry: string, texts: Files['texts']): Files {
  const hash = createHash('sha256').update(JSON.stringify([entry, Object.entries(texts)]))
  return { hash: hash.digest('hex').slice(0, 32), entry, texts }
}

/** The files that a text imports by relative paths, as far as they are there. */
function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, , specifier = '']) => {
    const target = join(dirname(path), specifier)
    // TypeScript names what a file is compiled to.
    const targets = [target, target.replace(/\.([cm]?)js$/, '.$1ts')]
    const found = targets
      .flatMap((each) => ENDINGS.map((ending) => each + ending))
      .find((each) => statSync(each, { throwIfNoEntry: false })?.isFile())
    return found === undefined ? [] : [found]
  })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new InputError(`${path} cannot be read: ${diskReason(thrown)}`)
  }
}

/** The folder that all of these are in. */
function commonFolder(paths: readonly string[]): string {
  return paths.map(dirname).reduce((common, folder) => {
    let each = common
    while (!`${folder}${sep}`.startsWith(each.endsWith(sep) ? each : `${each}${sep}`)) {
      each = dirname(each)
    }
    return each
  })
}

/**
 * Takes files that came from elsewhere.
 * @returns undefined for what this module has not made: another hash, or a path that leads out of the folder
 */
export function readFiles(text: string, hash: string): Files | undefined {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof read !== 'object' || read === null || !('entry' in read) || !('texts' in read)) {
    return undefined
  }
  const { entry, texts } = read
  if (typeof entry !== 'string' || typeof texts !== 'object' || texts === null) return undefined
  const all: [string, unknown][] = Object.entries(texts)
  if (!all.every(([path, each]) => isInside(path) && typeof each === 'string')) return undefined
  const files = sealed(entry, texts as Files['texts'])
  return files.hash === hash && Object.hasOwn(files.texts, entry) ? files : undefined
}

/** Returns true if a path stays inside of the folder that it is relative to, on every system. */
function isInside(path: string): boolean {
  return path.split('/').every((part) => /^[^\\:\0]+$/.test(part) && part !== '..' && part !== '.')
}

/** Writes a copy into a folder. */
export function writeFiles({ texts }: Files, folder: string): void {
  for (const [path, text] of Object.entries(texts)) {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
}
