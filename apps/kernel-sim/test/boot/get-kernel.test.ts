/** Kernels that are fetched or built, with stand-ins for apt, dpkg and make. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { buildKernel } from '../../src/boot/build-kernel.js'
import { findKernel } from '../../src/boot/find-kernel.js'
import { installKernel } from '../../src/boot/install-kernel.js'
import { bzImage, StandIns } from './stand-ins.js'

let at: StandIns
beforeEach(() => {
  at = new StandIns()
  for (const [name, value] of Object.entries(at.env)) vi.stubEnv(name, value)
  for (const tool of ['mkdir', 'cp', 'dirname', 'grep']) at.tool(tool)
})
afterEach(() => {
  vi.unstubAllEnvs()
  expect(existsSync(at.alarm)).toBe(false)
  at.remove()
})

const options = { signal: new AbortController().signal, jobs: 1, say: () => {} }
const KERNELS = 'cache/kernel-sim/kernels'

/** apt and dpkg as on Debian; a package's content is the same for all. */
function debian(): void {
  at.program(
    'apt-cache',
    `case "$*" in
*linux-image-cloud-amd64) echo "linux-image-cloud-amd64
  Depends: linux-image-6.1.0-9-cloud-amd64";;
*linux-headers-cloud-amd64) echo "linux-headers-cloud-amd64
  Depends: linux-headers-6.1.0-9-cloud-amd64";;
*linux-headers-6.1.0-9-cloud-amd64) echo "x
  Depends: linux-headers-6.1.0-9-common
  Depends: linux-kbuild-6.1
  Depends: linux-compiler-gcc-12-x86";;
esac`,
  )
  at.program(
    'apt-get',
    `echo "$*" >> ${at.folder}/fetched; shift; for p; do echo > "$p"_1.deb; done`,
  )
  at.file('image', bzImage('6.1.0-9-cloud-amd64'))
  at.headers('6.1.0-9-cloud-amd64')
  at.program(
    'dpkg',
    `mkdir -p "$3/boot" "$3/usr/src" && cp ${at.folder}/image "$3/boot/vmlinuz-6.1.0-9-cloud-amd64"
cp -r ${at.folder}/headers "$3/usr/src/linux-headers-6.1.0-9-cloud-amd64"
echo "include /usr/src/linux-headers-6.1.0-9-common/Makefile" > "$3/usr/src/linux-headers-6.1.0-9-cloud-amd64/Makefile"`,
  )
}

test('Debian’s cloud kernel is fetched, unpacked and found from then on', async () => {
  debian()
  const kernel = await installKernel(options)
  const folder = join(at.folder, KERNELS, '6.1.0-9-cloud-amd64')
  expect(kernel).toMatchObject({ image: join(folder, 'vmlinuz'), release: '6.1.0-9-cloud-amd64' })
  expect(readFileSync(join(at.folder, 'fetched'), 'utf8')).toBe(
    'download linux-image-6.1.0-9-cloud-amd64 linux-headers-6.1.0-9-cloud-amd64 linux-headers-6.1.0-9-common linux-kbuild-6.1\n',
  )
  // Headers in a cache find each other there.
  expect(readFileSync(join(folder, 'headers/Makefile'), 'utf8')).toBe(
    `include ${folder}/root/usr/src/linux-headers-6.1.0-9-common/Makefile\n`,
  )
  expect(readdirSync(folder).sort()).toEqual(['headers', 'root', 'vmlinuz'])
  expect(findKernel({})).toMatchObject({ image: kernel.image })
  expect(findKernel({ kernel: '6.1.0-9-cloud-amd64' })).toMatchObject({ image: kernel.image })
})

test('where apt has none, or cannot fetch it, that is said and nothing is left', async () => {
  debian()
  at.program('apt-get', 'echo "E: Failed to fetch http://x  Temporary failure" >&2; exit 100')
  await expect(installKernel(options)).rejects.toThrow(
    /^linux-image-6.1.0-9-cloud-amd64 cannot be fetched: Failed to fetch http:\/\/x/,
  )
  expect(readdirSync(join(at.folder, KERNELS))).toEqual([])
  at.program('apt-cache', 'echo "N: Unable to locate package" >&2; exit 100')
  await expect(installKernel(options)).rejects.toThrow(/apt knows no linux-image-cloud-amd64: run/)
})

test('where nothing is there, the ways to a kernel are named', () => {
  // This computer's own may be found.
  if (existsSync('/boot') && readdirSync('/boot').some((name) => name.startsWith('vmlinuz-')))
    return
  expect(() => findKernel({})).toThrow(
    /--install fetches .*--build DIR .*--kernel FILE --headers DIR/,
  )
})

/** A source tree, and a make that configures and builds as the kernel's does. */
function sourceTree(configured = 'cat'): string {
  for (const tool of ['gcc', 'flex', 'bison', 'bc']) at.program(tool, '')
  at.file('image', bzImage('6.9.1-kernel-sim'))
  at.headers('6.9.1-kernel-sim')
  at.program(
    'make',
    `echo "$*" >> ${at.folder}/made
build=\${3#O=}
case "$*" in
*kernelversion) echo 6.9.1;;
*tinyconfig) mkdir -p $build; echo CONFIG_TINY=y > $build/.config;;
*olddefconfig) ${configured} $build/.config > $build/new; cp $build/new $build/.config;;
*bzImage*) mkdir -p $build/arch/x86/boot; cp ${at.folder}/image $build/arch/x86/boot/bzImage; cp -r ${at.folder}/headers/include $build;;
esac`,
  )
  at.file('linux/Makefile', 'VERSION = 6\nPATCHLEVEL = 9\n')
  return join(at.folder, 'linux')
}

test('a kernel with lockdep is built once, and found from then on', async () => {
  const source = sourceTree()
  const kernel = await buildKernel(source, options)
  expect(kernel.release).toBe('6.9.1-kernel-sim')
  const build = join(at.folder, KERNELS, '6.9.1-kernel-sim/build')
  const config = readFileSync(join(build, '.config'), 'utf8')
  expect(config).toMatch(/^CONFIG_TINY=y\n/)
  expect(config).toContain('CONFIG_PROVE_LOCKING=y\n')
  expect(config).toContain('CONFIG_LOCALVERSION="-kernel-sim"\n')
  expect(findKernel({})).toMatchObject({ image: kernel.image })
  // What an interrupted build has configured stays.
  await buildKernel(source, options)
  const made = readFileSync(join(at.folder, 'made'), 'utf8')
  expect(made.match(/tinyconfig/g)).toHaveLength(1)
})

test('what is no source tree, or cannot have lockdep, is refused', async () => {
  await expect(buildKernel(at.folder, options)).rejects.toThrow(
    /is not a tree of the kernel’s source/,
  )
  await expect(buildKernel(sourceTree('grep -v PROVE_LOCKING'), options)).rejects.toThrow(
    /cannot be configured with CONFIG_PROVE_LOCKING/,
  )
})
