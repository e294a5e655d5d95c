/**
 * Cases: the bundled scenarios as files of a user's. Each module of them becomes a text that imports @scopemask/kernel-sim alone, so that
 * it can be edited in the page, and be given to `kernel-sim check` as a file.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CASES } from '@scopemask/kernel-sim/cases'
import { POLICIES } from '@scopemask/kernel-sim/workbench'

const folder = fileURLToPath(new URL('../kernel-sim/src/scenarios/', import.meta.url))
const FACE = '@scopemask/kernel-sim'
const IMPORT = /^import (type )?\{([^}]*)\} from '([^']+)'\n/gm
/** Modules of the scenarios' own that are copied in place of their import. */
const COPIED = ['./inapplicable.js', './last-idle-worker.js']

const read = (name) => readFileSync(`${folder}${name}`, 'utf8')

/**
 * The texts by name of their module; for each case its module and which of its exports it is; and the names of the policies.
 * @returns {{
 *   cases: { number: string, name: string, summary: string, module: string, exported: string }[],
 *   texts: Record<string, string>,
 *   policies: import('@scopemask/kernel-sim/workbench').PolicyName[],
 * }}
 */
export function bundledCases() {
  const catalogue = read('catalogue.ts')
  const modules = new Map()
  for (const [, , names, from] of catalogue.matchAll(IMPORT)) {
    if (!from.startsWith('./')) continue
    for (const name of listed(names)) modules.set(name, basename(from, '.js'))
  }
  const numbers = [...catalogue.matchAll(/\{ number: '(\w+)', scenario: (\w+) \}/g)]
  const cases = CASES.map(({ number, scenario }, at) => {
    const [, known, name] = numbers[at] ?? []
    const module = modules.get(name)
    if (known !== number || module === undefined)
      throw new Error(`case ${number} is not in the catalogue`)
    return { number, name: scenario.name, summary: scenario.summary, module, exported: name }
  })
  const texts = Object.fromEntries(
    [...new Set(modules.values())].map((name) => [name, ownText(name)]),
  )
  return { cases, texts, policies: POLICIES.map(({ name }) => name) }
}

/** A module that imports nothing but the face. */
function ownText(module) {
  const types = new Set()
  const values = new Set()
  const copied = []
  const body = read(`${module}.ts`).replace(IMPORT, (_, type, names, from) => {
    if (COPIED.includes(from))
      copied.push(withoutImports(read(from.slice(2).replace(/\.js$/, '.ts'))))
    else {
      for (const name of listed(names)) {
        const isType = type !== undefined || name.startsWith('type ')
        ;(isType ? types : values).add(name.replace('type ', ''))
      }
    }
    return ''
  })
  for (const text of copied) for (const name of text.matchAll(/PolicyName/g)) types.add(name[0])
  if (/from '\./.test(body)) throw new Error(`${module} imports what is not the face`)
  const [, comment = '', rest = ''] = /^(\/\*\*[\s\S]*?\*\/\n)?([\s\S]*)$/.exec(body) ?? []
  const imported = [...[...types].sort().map((name) => `type ${name}`), ...[...values].sort()]
  const parts = [
    `${comment}${importOf(imported)}`,
    ...copied,
    rest.replace(/^export (?=const)/gm, ''),
  ]
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`
}

function importOf(names) {
  const line = `import { ${names.join(', ')} } from '${FACE}'`
  return line.length <= 90
    ? line
    : `import {\n${names.map((name) => `  ${name},\n`).join('')}} from '${FACE}'`
}

function withoutImports(text) {
  return text
    .replace(IMPORT, '')
    .replace(/^\/\*\*[\s\S]*?\*\/\n/, '')
    .replaceAll('export const', 'const')
}

function listed(names) {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
