/** Install kernel: fetches Debian's cloud kernel and its headers with apt, and unpacks them in the user's cache. It needs no root. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFile } from '../disk.js'
import { InputError } from '../input-error.js'
import { cacheFolder, keepKernel } from './kernel-cache.js'
import { type Kernel, kernelOf } from './kernel-image.js'
import { requirePrograms } from './programs.js'
import { type ProgramEnd, runProgram } from './run-program.js'

/** What depends on the newest one. */
const NEWEST = { image: 'linux-image-cloud-amd64', headers: 'linux-headers-cloud-amd64' }

export interface InstallOptions {
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** @throws InputError when apt does not have it, or it cannot be fetched or unpacked. */
export async function installKernel({ signal, say }: InstallOptions): Promise<Kernel> {
  requirePrograms([
    { program: 'apt-get', package: 'apt' },
    { program: 'apt-cache', package: 'apt' },
    { program: 'dpkg', package: 'dpkg' },
  ])
  const [image] = (await dependsOf(NEWEST.image, signal)).filter(isOf('linux-image-'))
  const [headers] = (await dependsOf(NEWEST.headers, signal)).filter(isOf('linux-headers-'))
  if (image === undefined || headers === undefined) {
    throw new InputError(
      `apt knows no ${NEWEST.image}: run apt-get update, or where it is not Debian’s apt name a kernel with --kernel FILE --headers DIR`,
    )
  }
  const release = image.slice('linux-image-'.length)
  const parts = (await dependsOf(headers, signal)).filter(isOf('linux-headers-', 'linux-kbuild-'))
  const folder = cacheFolder(release)
  const root = join(folder, 'root')
  try {
    mkdirSync(root, { recursive: true })
    say(`fetching ${image} and its headers`)
    const fetched = await runProgram({
      program: 'apt-get',
      args: ['download', image, headers, ...parts],
      cwd: folder,
      signal,
    })
    succeeded(fetched, `${image} cannot be fetched`)
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.deb'))) {
      say(`unpacking ${name}`)
      const unpacked = await runProgram({
        program: 'dpkg',
        args: ['-x', name, 'root'],
        cwd: folder,
        signal,
      })
      succeeded(unpacked, `${name} cannot be unpacked`)
      rmSync(join(folder, name))
    }
    findEachOther(root)
    const links = keepKernel(folder, {
      image: `root/boot/vmlinuz-${release}`,
      headers: `root/usr/src/linux-headers-${release}`,
    })
    return kernelOf(links.image, links.headers)
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true })
    throw thrown
  }
}

function isOf(...beginnings: readonly string[]): (name: string) => boolean {
  return (name) => beginnings.some((beginning) => name.startsWith(beginning))
}

/** What a package depends on; nothing where apt does not know it. */
async function dependsOf(name: string, signal: AbortSignal): Promise<string[]> {
  const { output } = await runProgram({
    program: 'apt-cache',
    args: ['depends', '--important', name],
    // The names of relations are translated.
    env: { LC_ALL: 'C' },
    signal,
  })
  return [...output.matchAll(/^\s+Depends: ([a-z0-9][\w.+-]+)$/gm)].map(([, each = '']) => each)
}

function succeeded({ status, complaints }: ProgramEnd, what: string): void {
  if (status === 0) return
  const why = complaints
    .split('\n')
    .find((line) => /^(E:|dpkg|tar|error)/.test(line))
    ?.replace(/^E: /, '')
  throw new InputError(`${what}: ${why ?? `it ended with ${status}`}`)
}

/** Debian's headers name each other by where packages are installed: here they name where they are. */
function findEachOther(root: string): void {
  const sources = join(root, 'usr/src')
  for (const name of readdirSync(sources)) {
    const file = join(sources, name, 'Makefile')
    if (!existsSync(file)) continue
    const text = readFileSync(file, 'utf8')
    const here = text.replaceAll(/^include \/usr\/src\//gm, `include ${sources}/`)
    if (here !== text) writeFile(file, here)
  }
}
