/**
 * Source sites: where the source of a kernel passes GFP_NOFS or GFP_NOIO, and where it opens scopes. A scan of the text, by
 * kernel style: the body of a function begins with a brace in the first column and ends with one. A parser of C finds the
 * same places and needs eight times as long (measured on four filesystems of 6.1), since macros are in its way.
 */

/** A place in the source. */
export interface SourceSite {
  /** As it was given. */
  readonly file: string
  /** From 1: of the call that it is passed to, which is where debug information places the call. */
  readonly line: number
  /** `GFP_NOFS`, `memalloc_nofs_save`: what stands there. */
  readonly word: string
  /**
   * `allocation`: passed to an allocator. `passed-on`: to another function, which may allocate. `scope`: a scope is opened.
   * `other`: in an expression or an assignment.
   */
  readonly kind: 'allocation' | 'passed-on' | 'scope' | 'other'
  /** The function that it is passed to; empty where there is none. */
  readonly callee: string
  /** The function that it stands in; empty outside of any, as in a macro. */
  readonly fn: string
}

/** Flags, and the functions that open scopes. KM_NOFS is what XFS called it until 6.9. */
const WORDS = /\b(GFP_NOFS|GFP_NOIO|KM_NOFS|memalloc_nofs_save|memalloc_noio_save)\b/g

/** Functions that allocate, by their names. */
const ALLOCATORS =
  /^(k[mzv]?[mzc]?alloc(_array|_node|_objs?)?|k(v|)[mzc]alloc(_array|_node|_large)?|kv?realloc(_array)?|kmem_cache_\w*alloc\w*|kmem_(alloc|zalloc|realloc|alloc_large)|kmemdup\w*|kstrn?dup\w*|kvmemdup|memdup_\w+|kv?asprintf|__?vmalloc\w*|vmalloc\w*|vzalloc\w*|alloc_pages?\w*|__get_free_pages?|get_zeroed_page|__page_cache_alloc|folio_alloc\w*|filemap_alloc_folio|mempool_alloc\w*|bio_alloc\w*|bio_kmalloc|bvec_alloc|alloc_percpu\w*|__alloc_percpu\w*|radix_tree_(maybe_)?preload|xa_(store|insert|alloc|reserve)\w*|idr_(alloc|preload)\w*|ida_\w*alloc\w*|crypto_alloc_\w+|kzalloc_node|bitmap_z?alloc\w*|read_cache_(page|folio)\w*|find_or_create_page|add_to_page_cache\w*|filemap_add_folio)$/

/** What stands before a parenthesis and is no call. */
const NO_CALL = new Set(['if', 'while', 'for', 'switch', 'return', 'sizeof', 'typeof'])

/** Attributes that come with parentheses before or after the name of a function. */
const ATTRIBUTE =
  /^(__printf|__acquires|__releases|__must_hold|__attribute__|__diag|__aligned|__section)$/

/** Finds the places in the text of one file. */
export function sourceSites(file: string, text: string): SourceSite[] {
  // Most files have none.
  if (!/GFP_NO(FS|IO)|KM_NOFS|memalloc_no(fs|io)_save/.test(text)) return []
  const code = withoutComments(text)
  const functions = functionsOf(code)
  const lineOf = lines(code)
  const sites: SourceSite[] = []
  for (const { index, 0: word } of code.matchAll(WORDS)) {
    const fn = functions.find(({ begin, end }) => index >= begin && index < end)?.name ?? ''
    if (word.startsWith('memalloc')) {
      // Where it is defined, and where an include declares it, nothing is opened.
      if (fn !== '' && fn !== word)
        sites.push({ file, line: lineOf(index), word, kind: 'scope', callee: '', fn })
      continue
    }
    // The definition of the flag itself passes nothing.
    if (/#\s*define\s+$/.test(code.slice(Math.max(0, index - 40), index))) continue
    const { callee, at } = calleeOf(code, index)
    const kind = callee === '' ? 'other' : ALLOCATORS.test(callee) ? 'allocation' : 'passed-on'
    sites.push({ file, line: lineOf(at), word, kind, callee, fn })
  }
  return sites
}

/** The code with blanks in place of comments and of what strings hold: every place stays where it is. */
function withoutComments(text: string): string {
  const blank = (part: string) => part.replace(/[^\n]/g, ' ')
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, blank)
}

/** Returns the line of a place. */
function lines(code: string): (index: number) => number {
  const breaks = [...code.matchAll(/\n/g)].map(({ index }) => index)
  return (index) => {
    let from = 0
    let to = breaks.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((breaks[middle] ?? 0) < index) from = middle + 1
      else to = middle
    }
    return from + 1
  }
}

interface SourceFunction {
  readonly name: string
  /** The body, in characters of the file. */
  readonly begin: number
  readonly end: number
}

/** The functions of a file. */
function functionsOf(code: string): SourceFunction[] {
  const functions: SourceFunction[] = []
  for (const { index } of code.matchAll(/^\{/gm)) {
    const end = code.indexOf('\n}', index)
    // The declaration is what stands before, from the end of what is something else.
    const before = code.slice(Math.max(0, index - 2000), index)
    const name = nameIn(before.split(/\n\}[^\n]*|;|\n#[^\n]*/).at(-1) ?? '')
    if (name !== undefined) {
      functions.push({ name, begin: index, end: end < 0 ? code.length : end })
    }
  }
  return functions
}

/** The name in the declaration of a function: what stands before the first parenthesis that is not of an attribute. */
function nameIn(declaration: string): string | undefined {
  for (const [, name = ''] of declaration.matchAll(/([A-Za-z_]\w*)\s*\(/g)) {
    if (!ATTRIBUTE.test(name)) return name
  }
  return undefined
}

/** The function to whose arguments the word at `index` belongs, and where its name is; empty where there is none. */
function calleeOf(code: string, index: number): { callee: string; at: number } {
  const none = { callee: '', at: index }
  let depth = 0
  for (let at = index - 1; at >= 0; at--) {
    const character = code[at]
    if (character === ')') depth++
    else if (character === '(' && depth > 0) depth--
    else if (character === '(') {
      const name = /([A-Za-z_]\w*)\s*$/.exec(code.slice(Math.max(0, at - 80), at))?.[1] ?? ''
      // A parenthesis that only groups, as in (GFP_NOFS | __GFP_ZERO), has its call further out.
      const begin = code.lastIndexOf(name, at)
      if (name !== '') return NO_CALL.has(name) ? none : { callee: name, at: begin }
    } else if (character === ';' || character === '{' || character === '}') return none
  }
  return none
}
