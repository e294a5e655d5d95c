/** audit --vmlinux: files and lines by the programs that read debug information, and by fakes of them; and what can be wrong. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { GFP_NOFS, NOFS, Trace } from '../audit/trace.js'
import { kernelSimProcess } from './kernel-sim.js'

const KERNEL = fileURLToPath(new URL('../data/small-kernel', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-vmlinux-'))
afterAll(() => rmSync(folder, { recursive: true }))

const request = (st: string, fl = 0) => ({ gfp: GFP_NOFS, fl, st: `__kmalloc_noprof+3;${st}` })
const RECORDING = new Trace()
  .kmalloc(request('demo_alloc+18;demo_entry+9;do_syscall_64+1', NOFS))
  .kmalloc(request('demo_pass+9;demo_entry+22;do_syscall_64+1'))
  .kmalloc(request('toy_alloc+14;do_syscall_64+1')).text

const VMLINUX = ['--vmlinux', join(KERNEL, 'vmlinux')]
const MODULES = ['--modules', join(KERNEL, 'modules')]

/** A PATH with these programs alone: links to real ones, or scripts. */
function path(name: string, programs: Readonly<Record<string, string>>): string {
  const bin = join(folder, name)
  mkdirSync(bin)
  for (const [program, script] of Object.entries(programs)) {
    if (script.startsWith('/')) symlinkSync(script, join(bin, program))
    else {
      writeFileSync(join(bin, program), script)
      chmodSync(join(bin, program), 0o755)
    }
  }
  return bin
}

async function audit(args: readonly string[], PATH = process.env.PATH, input = RECORDING) {
  return await kernelSimProcess(['audit', '-', '--no-progress', ...args], { input, env: { PATH } })
}

const PROGRAMS = ['llvm-symbolizer', 'addr2line'].map((name) => {
  const { stdout, status } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
  return { name, file: status === 0 ? stdout.trim() : undefined }
})

describe.each(PROGRAMS)('with $name', ({ name, file }) => {
  it.skipIf(file === undefined)('every frame has its line, and what was inlined', async () => {
    const only = path(`only-${name}`, { [name]: file ?? '' })
    const { stdout, stderr, status } = await audit([...VMLINUX, ...MODULES, '--json'], only)
    expect([status, stderr]).toEqual([0, ''])
    const { lines } = JSON.parse(stdout)
    expect(lines).toMatchObject({
      frames: 7,
      located: 6,
      missing: 1,
      ambiguous: 0,
      contradicting: 0,
    })
    expect(lines.lines['demo_alloc+18']).toEqual([
      { fn: 'kmalloc', file: 'include/linux/slab.h', line: 7 },
      { fn: 'demo_name', file: 'fs/demo/demo.c', line: 5 },
      { fn: 'demo_alloc', file: 'fs/demo/demo.c', line: 17 },
    ])
    expect(lines.lines['demo_entry+22']).toEqual([
      { fn: 'demo_entry', file: 'fs/demo/demo.c', line: 25 },
    ])
    expect(lines.lines['toy_alloc+14'].at(-1)).toEqual({
      fn: 'toy_alloc',
      file: 'drivers/toy/toy.c',
      line: 5,
    })
  })
})

/** Answers to what it is asked for, and writes down how it was called. */
const FAKE = `#!/bin/sh
echo "$@" >> ${folder}/calls
while read -r address; do
  echo '{"Address":"'$address'","ModuleName":"v","Symbol":[{"FileName":"/build/linux/fs/demo/demo.c","FunctionName":"demo_pass","Line":25}]}'
done
`

describe('the report', () => {
  it('shows the lines, by file, on stacks and in the source, with one process for each binary', async () => {
    const bin = path('fake', { 'llvm-symbolizer': FAKE })
    const text = await audit(
      [...VMLINUX, ...MODULES, '--source', KERNEL, '--top', '0'],
      `${bin}:/bin:/usr/bin`,
    )
    expect(text.stderr).toBe('')
    expect(text.stdout).toContain('The same call sites by file and line')
    expect(text.stdout).toMatch(/^ {2}fs\/demo\/demo\.c +1 +3 +1 +2 +0$/m)
    // Passed on from here, on all three stacks as the fake has it: two without a scope, one in one.
    expect(text.stdout).toMatch(
      /^ {2}fs\/demo\/demo\.c:25 +demo_entry +GFP_NOFS +demo_pass +sometimes$/m,
    )
    expect(text.stdout).toMatch(/not exercised +function/)
    const html = await audit([...VMLINUX, '--html'], `${bin}:/bin:/usr/bin`)
    expect(html.stdout).toContain('demo_pass+9 fs/demo/demo.c:25')
    const sarif = await audit([...VMLINUX, '--sarif'], `${bin}:/bin:/usr/bin`)
    const [{ results }] = JSON.parse(sarif.stdout).runs
    expect(results[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'fs/demo/demo.c' },
      region: { startLine: 25 },
    })
    const calls = spawnSync('cat', [join(folder, 'calls')], { encoding: 'utf8' }).stdout
    expect(
      calls
        .trim()
        .split('\n')
        .map((line) => line.replace(/.*\//, '')),
    ).toEqual(['vmlinux', 'toy.ko', 'vmlinux', 'vmlinux'])
  })
})

describe('what is wrong is said in one sentence', () => {
  const old = '#!/bin/sh\necho "llvm-symbolizer: Unknown command line argument" >&2\nexit 1\n'
  const stripped = join(folder, 'stripped.ko')
  it.each([
    [
      'no program',
      [...VMLINUX],
      path('none', {}),
      /needs llvm-symbolizer or addr2line, and neither/,
    ],
    [
      'a program that cannot do it',
      [...VMLINUX],
      path('old', { 'llvm-symbolizer': old }),
      /vmlinux cannot be looked up: llvm-symbolizer: Unknown/,
    ],
    [
      'no such file',
      ['--vmlinux', 'nope'],
      undefined,
      /nope cannot be read: there is no such file/,
    ],
    ['no ELF file', ['--vmlinux', join(KERNEL, 'build.sh')], undefined, /is not an ELF file/],
    ['a module without a kernel', [...MODULES], undefined, /give --vmlinux FILE with it/],
    ['no modules', [...VMLINUX, '--modules', join(KERNEL, 'fs')], undefined, /has no modules/],
    [
      'a kernel that has nothing of it',
      ['--vmlinux', join(KERNEL, 'modules/toy.ko')],
      undefined,
      /./,
    ],
  ])('%s', async (name, args, PATH, message) => {
    const input = name.startsWith('a kernel that')
      ? RECORDING.replaceAll('toy_alloc', 'other')
      : RECORDING
    const { status, stderr } = await audit(args, PATH ?? process.env.PATH, input)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('another build', async () => {
    const { status, stderr } = await audit(
      VMLINUX,
      undefined,
      RECORDING.replace('demo_alloc+18', 'demo_alloc+180'),
    )
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /is of another build than the recorded kernel: 1 of 5 return addresses are not in the function that they name \(demo_alloc\+180\)/,
    )
  })

  it('no debug information', async () => {
    // Without a name that begins like that of the section with the lines it is as good as stripped.
    const bytes = Buffer.from(spawnSync('cat', [join(KERNEL, 'vmlinux')]).stdout)
    for (
      let at = bytes.indexOf('.debug_line');
      at >= 0;
      at = bytes.indexOf('.debug_line', at + 1)
    ) {
      bytes.write('.nebug_line', at)
    }
    writeFileSync(stripped, bytes)
    const { status, stderr } = await audit(['--vmlinux', stripped])
    expect(status).toBe(2)
    expect(stderr).toMatch(/has no debug information: it is stripped/)
    copyFileSync(stripped, join(folder, 'x.ko.xz'))
  })
})
