/**
 * The public types are committed: api/ has a file for each package, made of the declarations that the build writes, without
 * comments and sorted by name, so that a change of a face shows in review. `npm run api` writes them anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { manifest, published, root } from './workspace.js'

/** What `exports` of a manifest says of an entry with types. */
interface Entry {
  readonly import?: { readonly types: string }
  readonly types?: string
}

/** The entries of a package: what each is imported by, and the file of its declarations. */
function entriesOf(path: string): { readonly module: string; readonly file: string }[] {
  const { name, exports = {} } = manifest(join(root, path))
  return Object.entries(exports).flatMap(([subpath, entry]) => {
    const { import: imported, types = imported?.types } = entry as Entry
    return types === undefined
      ? []
      : [{ module: name + subpath.slice(1), file: join(root, path, types) }]
  })
}

const entries = published.flatMap((path) => entriesOf(path))
const program = ts.createProgram(
  entries.map(({ file }) => file),
  { noLib: true, module: ts.ModuleKind.NodeNext, types: [] },
)
const checker = program.getTypeChecker()
const printer = ts.createPrinter({ removeComments: true })

/** A declaration as text: under the name that is exported, without what is private. */
function declared(declaration: ts.Declaration, name: string): string {
  const isVariable = ts.isVariableDeclaration(declaration)
  const node = isVariable ? declaration.parent : declaration
  const text = printer.printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile())
  const own = ts.getNameOfDeclaration(declaration)?.getText() ?? name
  return text
    .replace(/^(export )?(declare )?/, 'export ')
    .replace(own, name)
    .split('\n')
    .filter((line) => !/^ +(#private|private |static #)/.test(line))
    .join('\n')
    .replace(/(?<![;}])$/, ';')
}

/** The module in which a symbol of another package, or of an entry before this one, is to be found. */
const homes = new Map<ts.Symbol, string>()

/** What an entry exports, by name. */
function faceOf({ module, file }: (typeof entries)[number]): string {
  const source = program.getSourceFile(file)
  const symbol = source && checker.getSymbolAtLocation(source)
  if (symbol === undefined) throw new Error(`${file} is not there: build first`)
  const statements: string[] = []
  const elsewhere = new Map<string, string[]>()
  for (const exported of [...checker.getExportsOfModule(symbol)].sort(byName)) {
    const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0
    const target = isAlias ? checker.getAliasedSymbol(exported) : exported
    const home = homes.get(target)
    if (home === undefined) {
      homes.set(target, module)
      const declarations = target.declarations ?? []
      statements.push(...declarations.map((each) => declared(each, exported.name)))
    } else elsewhere.set(home, [...(elsewhere.get(home) ?? []), exported.name])
  }
  for (const [home, names] of elsewhere) {
    statements.push(`export {\n  ${names.join(',\n  ')},\n} from '${home}';`)
  }
  const body = statements.join('\n').replaceAll(/^(?=.)/gm, '  ')
  return `declare module '${module}' {\n${body.replaceAll('    ', '  ')}\n}\n`
}

function byName(one: ts.Symbol, other: ts.Symbol): number {
  return one.name < other.name ? -1 : 1
}

test.each(published)('the face of %s is the one in api/', (path) => {
  const file = join(root, 'api', `${basename(path)}.d.ts`)
  const face = entriesOf(path).map(faceOf).join('\n')
  if (process.env.WRITE_API) {
    mkdirSync(join(root, 'api'), { recursive: true })
    writeFileSync(file, face)
  }
  const committed = existsSync(file) ? readFileSync(file, 'utf8') : ''
  expect(
    face,
    `the public types of ${path} have changed: run "npm run api", and commit what it writes into api/ if that is meant`,
  ).toBe(committed)
})
