#!/usr/bin/env node
import { existsSync } from 'node:fs'

const built = new URL('../dist/cli.js', import.meta.url)
if (existsSync(built)) await (await import(built.href)).main(process.argv.slice(2))
else {
  console.error('kernel-sim: it is not built yet. In its repository run: npm run build')
  process.exitCode = 2
}
