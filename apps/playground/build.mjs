/**
 * Builds the page: one HTML file that needs nothing else. The engine is bundled first, as the text of a worker; then the page's
 * script with that text and the bundled cases in it; then both, the style and the policy of the page go into src/page.html.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HTML_STYLE } from '@scopemask/kernel-sim/pages'
import { build } from 'esbuild'
import { bundledCases } from './cases.mjs'
import { notices } from './licenses.mjs'
import { tourTexts } from './tour.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
/** What stack traces call the engine: kernel-sim takes the folder for its own, and names lines of the scenario alone. */
const ENGINE = 'file:///scopemask/dist/engine.js'

/** The files that went into the page. */
const files = new Set()

/** Bundles a program to one classic script. */
async function bundled(entry, modules = {}) {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${here}src/${entry}`],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    // The packages' own chunks import each other for nothing but their order.
    logOverride: { 'ignored-bare-import': 'silent' },
    define: { 'import.meta.url': JSON.stringify(ENGINE) },
    plugins: [made(modules), withoutChecks],
  })
  for (const file of Object.keys(metafile.inputs)) files.add(file)
  return outputFiles[0].text.trim()
}

/** Modules that are made while building, by name: values as JSON. */
function made(modules) {
  return {
    name: 'made',
    setup(build) {
      build.onResolve({ filter: /^made:/ }, ({ path }) => ({ path, namespace: 'made' }))
      build.onLoad({ filter: /.*/, namespace: 'made' }, ({ path }) => ({
        contents: JSON.stringify(modules[path]),
        loader: 'json',
      }))
    },
  }
}

/** Sucrase checks its options by a library as large as a tenth of it. Here they never change. */
const withoutChecks = {
  name: 'without-checks',
  setup(build) {
    build.onLoad({ filter: /sucrase\/dist\/esm\/Options-gen-types\.js$/ }, () => ({
      contents: 'export default {}',
    }))
    build.onResolve({ filter: /^ts-interface-checker$/ }, ({ path }) => ({
      path,
      namespace: 'without-checks',
    }))
    build.onLoad({ filter: /.*/, namespace: 'without-checks' }, () => ({
      contents: 'export const createCheckers = () => ({ Options: { strictCheck() {} } })',
    }))
  },
}

const engine = `${await bundled('engine/engine.ts')}\n//# sourceURL=${ENGINE}\n`
const script = await bundled('page/main.ts', {
  'made:engine': { text: engine },
  'made:cases': bundledCases(),
  'made:tour': { texts: tourTexts() },
})
// Only this script runs, and what it makes blobs of: the engine, and the scenario as a script for it.
const hash = createHash('sha256').update(script).digest('base64')
const policy = `default-src 'none'; script-src 'sha256-${hash}' blob:; worker-src blob:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`
const style = `${HTML_STYLE}${readFileSync(`${here}src/page/style.css`, 'utf8')}`
const page = readFileSync(`${here}src/page/page.html`, 'utf8')
  .replace('POLICY', () => policy)
  .replace('/* STYLE */', () => style)
  .replace('/* SCRIPT */', () => script)
  .concat(`<!--\n${notices(files)}\n-->\n`)
mkdirSync(`${here}dist`, { recursive: true })
writeFileSync(`${here}dist/index.html`, page)
// For the tests: the page has it in its script.
writeFileSync(`${here}dist/engine.js`, engine)
