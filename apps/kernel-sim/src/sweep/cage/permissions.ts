/** Permissions: how a process is started that may do no more than its context lets it. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { JOBS, type JobContext } from '../restrictions.js'

/** What kernel-sim itself is made of, as far as jobs need it. */
const PACKAGES = ['@scopemask/core', '@scopemask/allocator', '@scopemask/checker', 'jiti', 'yaml']

/** Who keeps the network closed. */
export type NetworkWall = 'namespace' | 'node' | 'doors'

/** A command with its arguments. */
export interface Command {
  readonly command: string
  readonly args: readonly string[]
}

/** A process to start. */
export interface Program {
  /** The file that it runs. */
  readonly script: string
  /** The folder that it reads, and may write into unless it is read-only. */
  readonly folder: string
  /** MB for objects. */
  readonly heap: number
  readonly wall: NetworkWall
}

/** How a process is started that is restricted as a context is. */
export function restricted(context: JobContext, program: Program): Command {
  const { READ_ONLY, NO_NETWORK, NO_SPAWN } = JOBS.flags
  const { script, folder, heap, wall } = program
  const readable = [...ownFolders(), folder]
  const node = [
    ...(isAtLeast(22, 13) ? ['--permission'] : ['--experimental-permission']),
    ...readable.map((each) => `--allow-fs-read=${join(each, '*')}`),
    ...(context.has(READ_ONLY) ? [] : [`--allow-fs-write=${join(folder, '*')}`]),
    ...(context.has(NO_SPAWN) ? [] : ['--allow-child-process', '--allow-worker']),
    ...(context.has(NO_NETWORK) || !isAtLeast(25, 0) ? [] : ['--allow-net']),
    '--no-warnings',
    `--max-old-space-size=${heap}`,
    script,
  ]
  return context.has(NO_NETWORK) && wall === 'namespace'
    ? { command: 'unshare', args: [...NAMESPACE, process.execPath, ...node] }
    : { command: process.execPath, args: node }
}

/** An empty network of one's own, for which Linux wants a user namespace of one's own. */
const NAMESPACE = ['--user', '--map-current-user', '--net', '--']

/**
 * The strongest wall against the network that there is here: an empty network namespace where Linux gives us one (unshare of util-linux, user
 * namespaces allowed), Node's own permissions from 25 on, or else functions that are closed inside of the process.
 */
export function networkWall(): NetworkWall {
  if (process.platform === 'linux') {
    const { status } = spawnSync('unshare', [...NAMESPACE, 'true'], { stdio: 'ignore' })
    if (status === 0) return 'namespace'
  }
  return isAtLeast(25, 0) ? 'node' : 'doors'
}

/** Returns true if Node is of this version or a later one. */
function isAtLeast(major: number, minor: number): boolean {
  const [ours = 0, theirs = 0] = process.versions.node.split('.').map(Number)
  return ours > major || (ours === major && theirs >= minor)
}

/** The folders of this package and of those that it needs. */
function ownFolders(): string[] {
  const here = fileURLToPath(import.meta.url)
  const require = createRequire(import.meta.url)
  return [here, ...PACKAGES.map((name) => require.resolve(name))].map(packageOf)
}

/** The folder of the package that a file belongs to. */
function packageOf(file: string): string {
  let folder = dirname(realpathSync(file))
  while (!isPackage(folder)) {
    const above = dirname(folder)
    if (above === folder) return dirname(realpathSync(file))
    folder = above
  }
  return folder
}

/** Returns true if a folder has a package.json with a name: those without one only say of what type files are. */
function isPackage(folder: string): boolean {
  const file = join(folder, 'package.json')
  return existsSync(file) && 'name' in JSON.parse(readFileSync(file, 'utf8'))
}
