import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesOf, readFiles, writeFiles } from '../../src/sweep/files.js'

describe('the files of a scenario', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kernel-sim-files-'))
    for (const name of ['lib', 'more', 'own']) mkdirSync(join(folder, name))
    const put = (path: string, text: string) => writeFileSync(join(folder, path), text)
    put('own/a.ts', `import x from '../lib/x.js'\nexport * from "./b"\nimport fs from 'node:fs'`)
    put('own/b.ts', `const c = await import('./c.json'), a = require('./a.ts')`)
    put('own/c.json', '{}')
    put('lib/x.ts', `import './missing.js'`)
    put('more/data.txt', 'data')
    put('unrelated.ts', '')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('are those that it imports, below one folder, with a hash of all of it', () => {
    const files = filesOf(join(folder, 'own/a.ts'))
    expect(Object.keys(files.texts)).toEqual(['lib/x.ts', 'own/a.ts', 'own/b.ts', 'own/c.json'])
    expect(files.entry).toBe('own/a.ts')
    const more = filesOf(join(folder, 'own/a.ts'), [join(folder, 'more/data.txt')])
    expect(more.texts['more/data.txt']).toBe('data')
    expect(more.hash).not.toBe(files.hash)
    writeFileSync(join(folder, 'own/c.json'), '{ }')
    expect(filesOf(join(folder, 'own/a.ts')).hash).not.toBe(files.hash)
    expect(() => filesOf(join(folder, 'own/none.ts'))).toThrow(
      /cannot be read: there is no such file or folder/,
    )
  })

  it('are the same after they were sent, and anything else is refused', () => {
    const files = filesOf(join(folder, 'own/a.ts'))
    const sent = JSON.stringify(files)
    expect(readFiles(sent, files.hash)).toEqual(files)
    const copy = join(folder, 'copy')
    writeFiles(files, copy)
    expect(readFileSync(join(copy, 'lib/x.ts'), 'utf8')).toBe(files.texts['lib/x.ts'])
    expect(readFiles(sent.replace('missing', 'others'), files.hash)).toBeUndefined()
    expect(readFiles('{', files.hash)).toBeUndefined()
    expect(readFiles('{"entry":1,"texts":{}}', files.hash)).toBeUndefined()
  })

  it.each(['../a.ts', '/etc/passwd', 'a/../../b.ts', 'C:\\a.ts', 'a//b.ts', 'c:a.ts', '.'])(
    'do not lead out of their folder: %s',
    (path) => {
      // With a right hash, as somebody makes it who means harm.
      const root = mkdtempSync(join(folder, 'harm-'))
      writeFileSync(join(root, 'x.ts'), '')
      const made = filesOf(join(root, 'x.ts'))
      const evil = { entry: path, texts: { [path]: '' } }
      expect(readFiles(JSON.stringify({ ...made, ...evil }), made.hash)).toBeUndefined()
      expect(existsSync(join(folder, '..', 'a.ts'))).toBe(false)
    },
  )
})
