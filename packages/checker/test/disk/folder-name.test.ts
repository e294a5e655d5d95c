import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname, platform } from 'node:os'
import { describe, expect, it } from 'vitest'
import { heldName, heldPrefix, holderOf, leftName } from '../../src/node/disk/folder-name.js'

describe('whose a folder is', () => {
  it('is said by its name', () => {
    const held = `${heldPrefix()}a1B2c3`
    expect(holderOf(held)).toBe('ours')
    expect(heldName(leftName(held))).toBe(held)
    expect(holderOf(leftName(held))).toBe('gone')
    expect(holderOf(`search-on-disk.not-${hostname()}.1.a1B2c3`)).toBe('theirs')
    expect(holderOf('results')).toBeNull()
    expect(holderOf(`${held}.txt-`)).toBeNull()
  })

  it('is nobody, where another process has got the number since', () => {
    const held = `${heldPrefix()}a1B2c3`
    expect(holderOf(held.replace(/-\d+\./, '-1.'))).toBe(platform() === 'linux' ? 'gone' : 'ours')
  })

  it.skipIf(platform() !== 'linux')(
    'is nobody, where the process has ended and nobody has asked how',
    async () => {
      // The shell becomes a program that does not wait for what it has started.
      const parent = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      try {
        const [printed] = (await once(parent.stdout, 'data')) as [Buffer]
        const name = `search-on-disk.${hostname()}.${`${printed}`.trim()}.a1B2c3`
        expect(holderOf(name)).toBe('ours')
        await expect.poll(() => holderOf(name)).toBe('gone')
        // It is still there for who does not look closer.
        expect(process.kill(Number(`${printed}`), 0)).toBe(true)
      } finally {
        parent.kill('SIGKILL')
      }
    },
  )
})
