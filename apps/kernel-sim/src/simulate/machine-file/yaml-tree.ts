/** YAML tree: the tree of a machine file in YAML 1.2, and what is wrong with it as YAML. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml'
import { Budget, below, type Complaint, type Entry, short, type Tree } from './tree.js'

/** Characters: a machine file is a page or two. */
const LONGEST = 256 * 1024

/** The tree, and what could not be read; null where nothing can be made of it. */
export function yamlTree(text: string): {
  readonly tree: Tree | null
  readonly complaints: readonly Complaint[]
} {
  if (text.length > LONGEST) return nothing(undefined, `it is longer than ${LONGEST / 1024} KiB`)
  const deep = tooDeep(text)
  if (deep !== undefined) return nothing(deep, 'brackets are nested too deeply')
  const lines = new LineCounter()
  const document = parsed(text, lines)
  if (document === null) return nothing(undefined, 'it is nested too deeply')
  const lineOf = (offset: number): number => lines.linePos(offset).line
  const wrong = [...document.errors, ...document.warnings].map(({ pos: [offset], message }) => ({
    line: lineOf(offset),
    sentence: sentenceOf(message),
  }))
  if (wrong.length > 0) return { tree: null, complaints: wrong }
  const { contents } = document
  if (contents === null) return nothing(undefined, 'it is empty')
  const reader = new Reader(document, lineOf)
  const tree = reader.read(contents, { path: '', depth: 0 })
  return reader.gaveUp === null
    ? { tree, complaints: reader.complaints }
    : nothing(reader.gaveUp.line, reader.gaveUp.sentence)
}

/** The document; null when it is nested too deeply: the parser calls itself for what is nested, and runs out of stack. */
function parsed(text: string, lineCounter: LineCounter): Document.Parsed | null {
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
    // It catches that itself where it can.
    return document.errors.some(({ message }) => message.includes('call stack')) ? null : document
  } catch (thrown) {
    if (thrown instanceof RangeError) return null
    throw thrown
  }
}

function nothing(line: number | undefined, sentence: string) {
  return { tree: null, complaints: [{ line, sentence }] }
}

/** The line at which brackets are nested deeper than any machine's, if there is one: each level costs the parser a call. */
function tooDeep(text: string): number | undefined {
  let open = 0
  let line = 1
  for (const character of text) {
    if (character === '\n') line++
    else if (character === '[' || character === '{') open++
    else if (character === ']' || character === '}') open--
    if (open > 100) return line
  }
  return undefined
}

/** What the parser says, as our sentences are: no capital, no end. */
function sentenceOf(message: string): string {
  if (message.includes('multiple documents')) {
    return 'a second document begins (---): a file has one, so give each a file'
  }
  const [first = ''] = message.split('\n')
  return short(first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, ''))
}

/** Where the reader is. */
interface Spot {
  readonly path: string
  readonly depth: number
}

class Reader {
  readonly complaints: Complaint[] = []
  /** Why nothing was read from there on. */
  gaveUp: Complaint | null = null
  readonly #document: Document.Parsed
  readonly #lineOf: (offset: number) => number
  readonly #budget = new Budget()

  constructor(document: Document.Parsed, lineOf: (offset: number) => number) {
    this.#document = document
    this.#lineOf = lineOf
  }

  read(node: Node, spot: Spot, known?: number): Tree {
    const line = node.range == null ? known : this.#lineOf(node.range[0])
    const place = { line, path: spot.path }
    const full = this.#budget.take(spot.depth)
    if (full !== undefined) this.gaveUp ??= { line, sentence: full }
    if (this.gaveUp !== null) return { ...place, kind: 'wrong' }
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      if (target !== undefined) return { ...this.read(target, deeper(spot)), line }
      return this.#wrong(place, `there is nothing that *${short(node.source)} stands for`)
    }
    if (isScalar(node)) {
      const { value } = node
      if (
        value === null ||
        typeof value === 'string' ||
        typeof value === 'number' ||
        typeof value === 'boolean'
      ) {
        const text = node.source
        return { ...place, kind: 'scalar', value, ...(text === undefined ? {} : { text }) }
      }
      return this.#wrong(place, `${spot.path} is nothing that such a file has a use for`)
    }
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.read(item as Node, { path: below(spot.path, index), depth: spot.depth + 1 }, line),
      )
      return { ...place, kind: 'list', items }
    }
    if (isMap(node)) {
      return {
        ...place,
        kind: 'map',
        entries: node.items.flatMap((pair) => this.#entry(pair, spot, line)),
      }
    }
    return this.#wrong(place, `${spot.path} is nothing that such a file has a use for`)
  }

  #entry(
    { key, value }: { readonly key: unknown; readonly value: unknown },
    spot: Spot,
    known: number | undefined,
  ): Entry[] {
    const range = isNode(key) ? key.range : undefined
    const line = range == null ? known : this.#lineOf(range[0])
    if (!isScalar(key) || key.value === null) {
      this.complaints.push({ line, sentence: 'a key is a name, not a list, a map or nothing' })
      return []
    }
    const name = String(key.value)
    const path = below(spot.path, short(name))
    const read: Tree =
      value === null
        ? { line, path, kind: 'scalar', value: null }
        : this.read(value as Node, { path, depth: spot.depth + 1 }, line)
    return [{ key: name, place: { line, path }, value: read }]
  }

  #wrong(
    place: { readonly line: number | undefined; readonly path: string },
    sentence: string,
  ): Tree {
    this.complaints.push({ line: place.line, sentence })
    return { ...place, kind: 'wrong' }
  }
}

function deeper({ path, depth }: Spot): Spot {
  return { path, depth: depth + 1 }
}
