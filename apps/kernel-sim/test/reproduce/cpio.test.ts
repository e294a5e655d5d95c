import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cpioArchive } from '../../src/reproduce/machine/cpio.js'

/** Reads an archive, as the kernel does (init/initramfs.c): headers of 110 bytes, names and contents filled up to four. */
function read(archive: Uint8Array) {
  const bytes = Buffer.from(archive)
  const files: { path: string; mode: number; device: number[]; content: string }[] = []
  for (let at = 0; ; ) {
    expect(bytes.toString('latin1', at, at + 6)).toBe('070701')
    const field = (n: number) =>
      Number.parseInt(bytes.toString('latin1', at + 6 + 8 * n, at + 14 + 8 * n), 16)
    const [mode, size, nameSize] = [field(1), field(6), field(11)]
    const path = bytes.toString('utf8', at + 110, at + 110 + nameSize - 1)
    expect(bytes[at + 110 + nameSize - 1]).toBe(0)
    const start = (at + 110 + nameSize + 3) & ~3
    if (path === 'TRAILER!!!') {
      expect(start).toBe(bytes.length)
      return files
    }
    files.push({
      path,
      mode,
      device: [field(9), field(10)],
      content: bytes.toString('utf8', start, start + size),
    })
    at = (start + size + 3) & ~3
  }
}

test('files come back as they were, below their folders', () => {
  const path = fc.stringMatching(/^[a-z]{1,9}(\/[a-z]{1,9}){0,3}\.x$/)
  const file = fc.record({
    path,
    content: fc.string({ unit: 'grapheme' }),
    executable: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.uniqueArray(file, { selector: (each) => each.path, maxLength: 6 }), (files) => {
      const found = read(cpioArchive(files))
      for (const { path, content, executable } of files) {
        expect(found).toContainEqual({
          path,
          mode: executable ? 0o100755 : 0o100644,
          device: [0, 0],
          content,
        })
        // The kernel makes no folder for a file: that has to come before it.
        for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
          const folder = found.findIndex((each) => each.path === path.slice(0, end))
          expect(found[folder]?.mode).toBe(0o40755)
          expect(folder).toBeLessThan(found.findIndex((each) => each.path === path))
        }
      }
    }),
  )
})

test('a device has its numbers, and the same files give the same bytes', () => {
  const files = [{ path: 'dev/console', major: 5, minor: 1 }]
  expect(read(cpioArchive(files))[1]).toEqual({
    path: 'dev/console',
    mode: 0o20600,
    device: [5, 1],
    content: '',
  })
  expect(cpioArchive(files)).toEqual(cpioArchive(files))
})

test.each(['', '/init', '../init', 'a/../../b'])('%j is no path inside of an archive', (path) => {
  expect(() => cpioArchive([{ path, content: '' }])).toThrow(RangeError)
})

describe.skipIf(spawnSync('cpio', ['--version']).error !== undefined)('GNU cpio', () => {
  test('unpacks an archive', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-cpio-'))
    try {
      const input = cpioArchive([
        { path: 'init', content: '#!/bin/sh\n', executable: true },
        { path: 'a/b/ü', content: 'x'.repeat(1001) },
        { path: 'a/empty', content: '' },
      ])
      execFileSync('cpio', ['--extract', '--quiet', '--make-directories'], { cwd: folder, input })
      expect(readdirSync(join(folder, 'a')).sort()).toEqual(['b', 'empty'])
      expect(readFileSync(join(folder, 'a/b/ü'), 'utf8')).toBe('x'.repeat(1001))
      expect(statSync(join(folder, 'init')).mode & 0o777).toBe(0o755)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
