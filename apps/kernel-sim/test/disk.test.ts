/** What cannot be written is said in a sentence, whoever writes; and nobody writes without that. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { refuseExisting, writeFile, writeNewFile } from '../src/disk.js'
import { kernelSim } from './cli/kernel-sim.js'

const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-disk-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'file')
writeFileSync(file, 'mine')

describe.each([
  ['a file that is there', file, writeNewFile, 'is there already: remove it, or choose'],
  ['a folder', folder, writeNewFile, 'cannot be written: it is a folder'],
  ['a folder that is not there', join(folder, 'no', 'a'), writeNewFile, 'no such file or folder'],
  ['a file as a folder', join(file, 'a'), writeNewFile, 'a file is in the place of a folder'],
  ['a file as a folder to make', join(file, 'a'), writeFile, 'a file is in the place of a folder'],
  ['a name that is too long', join(folder, 'a'.repeat(300)), writeNewFile, 'its name is too long'],
  ['a folder where none can be made', '/proc/none/a', writeFile, 'no such file or folder'],
  ['a full disk', '/dev/full', writeFile, 'the disk is full'],
])('%s', (_, path, write, reason) => {
  it('is refused with the path and the reason', () => {
    expect(() => write(path, 'text')).toThrow(reason)
    expect(() => write(path, 'text')).toThrow(path)
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })
})

it('what is not there yet is not refused', () => {
  expect(() => refuseExisting(join(folder, 'new'))).not.toThrow()
})

it('commands say it in one line, before they work for long', async () => {
  const lines = await Promise.all(
    [
      ['audit', '--example', '--speedscope', folder],
      ['audit', '--example', '--perfetto', file],
      ['check', 'own-file', '--perfetto', file],
      ['explain', '--scenario', file, '-'],
      ['record', '--output', join(folder, 'no', 'record.bt')],
    ].map((args) => kernelSim(args)),
  )
  for (const { status, stderr } of lines) {
    expect(stderr).toMatch(
      /^kernel-sim: \S+ (is there already: .*|cannot be written: (it is a folder|there is no such file or folder))\n$/,
    )
    expect(status).toBe(2)
  }
})

it('nobody else in the command line writes files that are asked for', () => {
  const sources = readdirSync(new URL('../src/cli', import.meta.url), { encoding: 'utf8' })
  const writers = sources.filter((name) => {
    const text = readFileSync(new URL(`../src/cli/${name}`, import.meta.url), 'utf8')
    return /\bwriteFileSync\b|\bmkdirSync\b|thrown as Error\)\.message/.test(text)
  })
  expect(writers).toEqual([])
})
