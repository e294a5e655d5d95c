/**
 * Loops: what is timed, written out as text. So every contender has a loop of its own, with nothing that V8
 * learned in another's, nesting costs no recursion, and `using` can go through a compiler first.
 */

let texts = 0

/** Evaluates the text of an expression in which these names are known. No two texts are the same, or V8 would share them. */
function evaluate(names, text) {
  const body = `/* ${++texts} */ return ${text}`
  return new Function(...Object.keys(names), body)(...Object.values(names))
}

/**
 * A call that the optimizer can not look into: it goes through a table, to eight different functions. It
 * stays with each for a while, so that the processor can predict it; otherwise that decides what is measured.
 */
const table = Array.from({ length: 8 }, (_, i) => {
  const text = `(inner) => {
    state.count = (state.count + ${i}) | 0
    if (inner !== undefined) inner()
  }`
  return evaluate({ state: { count: 0 } }, text)
})
let called = 0

/** What is done inside a section, and then perhaps another section. */
export function opaque(inner) {
  called = (called + 1) & 0xffff
  table[called >> 13](inner)
}

/** How many items wait in the queue between a hand-off and its delivery. */
const QUEUED = 64

/** The names that every loop knows: `m1` to `m8` are masks of one flag each. */
const common = {
  opaque,
  ...Object.fromEntries([...'12345678'].map((n) => [`m${n}`, 1 << (n - 1)])),
}

/** `n` times: a section in a section, `depth` deep, with something done in each. */
export function sections({ names, section }, depth) {
  let text = ''
  for (let level = depth; level > 0; level--) {
    const inner = level < depth ? `section${level + 1}` : ''
    text += `const inside${level} = () => { opaque(${inner}) }
      const section${level} = () => { ${section(`m${level}`, `inside${level}`, `opaque(${inner})`)} }\n`
  }
  return evaluate(
    { ...common, ...names },
    `(() => { ${text} return (n) => { for (let i = 0; i < n; i++) section1() } })()`,
  )
}

/** `n` times: something opaque that reads the mask. */
export function reads({ names, read, within = (fn) => fn() }) {
  const readers = Array.from({ length: 8 }, (_, i) =>
    evaluate({ ...common, ...names }, `() => (${read}) + ${i}`),
  )
  const loop = (n) => {
    let sum = 0
    for (let i = 0; i < n; i++) sum = (sum + readers[i & 7]()) | 0
    return sum
  }
  return (n) => within(() => loop(n))
}

/** `n` times: a piece of work queued by one task and done by another, 64 in the queue at a time. */
export function handOffs({ names, handOff: { capture, deliver }, within = (fn) => fn() }) {
  const known = { ...common, ...names, queue: new Array(QUEUED).fill(null) }
  const loop = evaluate(
    known,
    `(n) => {
      for (let i = 0; i < n; i += ${QUEUED}) {
        for (let j = 0; j < ${QUEUED}; j++) queue[j] = ${capture}
        for (let j = 0; j < ${QUEUED}; j++) { const item = queue[j]; ${deliver} }
      }
    }`,
  )
  return (n) => within(() => loop(n))
}

/** Fills an array with what a hand-off keeps while it waits. */
export function captures({ names, handOff: { capture }, within = (fn) => fn() }) {
  const fill = evaluate(
    { ...common, ...names },
    `(items) => { for (let i = 0; i < items.length; i++) items[i] = ${capture} }`,
  )
  return (items) => within(() => fill(items))
}
