/**
 * A release from end to end: Changesets writes versions and changelogs in a copy of the repository, which has been built,
 * the release script publishes to a registry on this machine, and an empty project installs from there.
 */
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { runServer } from 'verdaccio'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFolder, manifest, pnpm, published, root, succeed, write } from './workspace.js'

let folder: string
let registry: Server

beforeAll(async () => {
  folder = makeFolder('release')
  registry = await serve(join(folder, 'registry'))
})

afterAll(async () => {
  await new Promise((resolve) => registry.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

/** Starts an empty registry that anyone may publish to, on a free port of the loopback address. */
async function serve(storage: string): Promise<Server> {
  const server: Server = await runServer({
    configPath: join(storage, 'config.yaml'),
    storage,
    auth: { htpasswd: { file: join(storage, 'htpasswd') } },
    packages: { '**': { access: '$all', publish: '$all' } },
    log: { type: 'stdout', format: 'pretty', level: 'fatal' },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function address(): string {
  return `127.0.0.1:${(registry.address() as AddressInfo).port}`
}

/** Copies the repository as the next commit would have it, and installs it. */
async function copyRepository(to: string): Promise<void> {
  const files = await succeed('git', ['ls-files', '-z', '-co', '--exclude-standard'], root)
  for (const file of files.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(to, file)), { recursive: true })
    copyFileSync(join(root, file), join(to, file))
  }
  const author = ['-c', 'user.name=release', '-c', 'user.email=release@localhost']
  await succeed('git', ['init', '--quiet', '--initial-branch=main'], to)
  await succeed('git', ['add', '--all'], to)
  await succeed('git', [...author, 'commit', '--quiet', '--message=Copy'], to)
  await pnpm(['install', '--offline', '--frozen-lockfile'], to)
  for (const path of published) {
    cpSync(join(root, path, 'dist'), join(to, path, 'dist'), { recursive: true })
  }
}

test('a change becomes versions, changelogs, a publication, and what others install', async () => {
  const repository = join(folder, 'repository')
  await copyRepository(repository)
  const names = published.map((path) => manifest(join(root, path)).name)
  write(repository, {
    '.changeset/change.md': `---\n${names.map((name) => `'${name}': patch`).join('\n')}\n---\n\nThe change.\n`,
    '.npmrc': `@scopemask:registry=http://${address()}/\n//${address()}/:_authToken=anyone\n`,
  })

  await succeed('npm', ['run', 'version-packages'], repository)
  for (const path of published) {
    const { version } = manifest(join(repository, path))
    expect(version).not.toBe(manifest(join(root, path)).version)
    const changelog = readFileSync(join(repository, path, 'CHANGELOG.md'), 'utf8')
    expect(changelog).toMatch(new RegExp(`^## ${version}$[^]*^- The change\\.$`, 'm'))
  }

  // What `release` does after the build, which has been done.
  const [build, publish] = String(manifest(repository).scripts.release).split(' && ')
  expect(build).toBe('npm run -s build')
  await succeed('sh', ['-c', String(publish)], repository)

  const project = join(folder, 'project')
  write(project, {
    'package.json': '{ "name": "consumer", "private": true, "type": "module" }',
    '.npmrc': `@scopemask:registry=http://${address()}/\n`,
  })
  await succeed(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', ...names],
    project,
  )
  for (const path of published) {
    const { name, version } = manifest(join(repository, path))
    expect(manifest(join(project, 'node_modules', name)).version).toBe(version)
  }
  const { version } = manifest(join(repository, 'apps/kernel-sim'))
  const command = join(project, 'node_modules/.bin/kernel-sim')
  expect(await succeed(command, ['--version'], project)).toContain(version)
})
