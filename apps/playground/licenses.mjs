/** Licenses: what the page has to say of the packages that are bundled into it. */
import { readdirSync, readFileSync } from 'node:fs'

/** A file of an installed package: the folder of the package, and its name. */
const INSTALLED = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//

/**
 * The notices of all packages that some files are of, as text for a comment in HTML.
 * @param {Iterable<string>} files paths of bundled files.
 * @throws Error for a package whose license is not MIT or has no text: then somebody has to look.
 */
export function notices(files) {
  const folders = new Map()
  for (const file of files) {
    const [, folder, name] = INSTALLED.exec(file) ?? []
    if (folder !== undefined && !name.startsWith('@scopemask/')) folders.set(name, folder)
  }
  const packages = [...folders].sort().map(([name, folder]) => {
    const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
    const text = file === undefined ? '' : readFileSync(`${folder}/${file}`, 'utf8')
    if (license !== 'MIT' || copyright(text).length === 0) {
      throw new Error(`${name} is bundled into the page: how it is licensed has to be looked at`)
    }
    return { name, version, text }
  })
  const [terms = ''] = /Permission is hereby granted[\s\S]*$/.exec(packages[0]?.text ?? '') ?? []
  const lines = packages.map(
    ({ name, version, text }) =>
      `${name} ${version}: ${copyright(text)
        .map((line) => line.trim())
        .join('; ')}`,
  )
  return `This page contains these packages, under the MIT license:\n${lines.join('\n')}\n\n${terms.trim()}`.replaceAll(
    '--',
    '- -',
  )
}

/** The lines of a license that say whose it is. */
function copyright(text) {
  return text.match(/^.*\bcopyright\b.*\d{4}.*$/gim) ?? []
}
