/** Read source: the tree of a kernel, or a part of it, for the places that pass GFP_NOFS and GFP_NOIO. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { SourceTree } from '../audit/source-coverage.js'
import { type SourceSite, sourceSites } from '../audit/source-sites.js'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'

/** @throws InputError when the directory cannot be read, or has no C. */
export function readSource(directory: string): SourceTree {
  const sites: SourceSite[] = []
  let files = 0
  try {
    if (!statSync(directory).isDirectory()) throw new InputError(`${directory} is not a directory`)
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    for (const name of names.filter((name) => /\.[ch]$/.test(name)).sort()) {
      files++
      sites.push(...sourceSites(name, readFileSync(join(directory, name), 'utf8')))
    }
  } catch (thrown) {
    if (thrown instanceof InputError) throw thrown
    throw new InputError(`${directory} cannot be read: ${diskReason(thrown)}`)
  }
  if (files === 0)
    throw new InputError(`${directory} has no source: there is no .c or .h file in it`)
  return { folder: resolve(directory), files, sites }
}
