/**
 * What the tests here share: where the repository is, its packages, temporary folders, running commands.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** The folders of the packages that are published. */
export const published = [
  'packages/core',
  'packages/allocator',
  'packages/checker',
  'packages/eslint-plugin',
  'apps/kernel-sim',
] as const

/** What of a manifest the tests read. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly packageManager?: string
}

/** The manifest in a folder. */
export function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** A command of the root's devDependencies. */
export function tool(name: string): string {
  return join(root, 'node_modules/.bin', name)
}

/** An empty folder outside the repository; the caller removes it. */
export function makeFolder(name: string): string {
  return realpathSync(mkdtempSync(join(tmpdir(), `scopemask-${name}-`)))
}

/** An empty folder outside the repository, removed at the end of the test. */
export function temporaryFolder(name: string): string {
  const folder = makeFolder(name)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes files, given by their path in the folder. */
export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** How a command ended, and what it printed: as results, and all together. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly output: string
}

/** Runs a command to its end. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, output }))
  })
}

/**
 * Runs a command that has to succeed, and returns its results.
 * @throws Error with all it printed when it does not.
 */
export async function succeed(...command: Parameters<typeof run>): Promise<string> {
  const { code, stdout, output } = await run(...command)
  if (code !== 0) {
    throw new Error(`${command[0]} ${command[1].join(' ')} ended with ${code}:\n${output}`)
  }
  return stdout
}

/** Runs the workspace's own pnpm, which has to succeed, and returns its results. */
export function pnpm(
  args: readonly string[],
  cwd: string,
  env?: NodeJS.ProcessEnv,
): Promise<string> {
  return succeed('npx', ['--yes', String(manifest(root).packageManager), ...args], cwd, env)
}
