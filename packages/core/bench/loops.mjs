/**
 * Loops: what is timed, written out as text. So every contender has a loop of its own, with nothing in it
 * that V8 learned in another's, and `using` can go through a compiler first.
 */

let texts = 0

/**
 * Evaluates the text of an expression in which these names are known, after a compiler if there is one.
 * No two texts are the same, or V8 would share what it learns.
 */
function evaluate(names, expression, compile = (text) => text) {
  const text = compile(`function make() { return ${expression} }`)
  const evaluated = new Function(...Object.keys(names), `/* ${++texts} */ ${text}; return make()`)
  return evaluated(...Object.values(names))
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

/** The names that every loop knows: `m1` to `m8` are masks of one flag each. */
const common = {
  opaque,
  ...Object.fromEntries([...'12345678'].map((n) => [`m${n}`, 1 << (n - 1)])),
}

/**
 * `n` times: a section in a section, `depth` deep, with something done in each. A contender is told whether a section is the
 * outermost one.
 */
export function sections({ names, compile }, section, depth) {
  let text = ''
  for (let level = depth; level > 0; level--) {
    const inner = level < depth ? `section${level + 1}` : ''
    text += `const inside${level} = () => { opaque(${inner}) }
      const section${level} = () => { ${section(`m${level}`, `inside${level}`, `opaque(${inner})`, level === 1)} }\n`
  }
  return evaluate(
    { ...common, ...names },
    `(() => { ${text} return (n) => { for (let i = 0; i < n; i++) section1() } })()`,
    compile,
  )
}

/** `n` times: something opaque that reads the mask. */
export function reads({ names, within }, read) {
  const readers = Array.from({ length: 8 }, (_, i) =>
    evaluate({ ...common, ...names }, `() => ${read} + ${i}`),
  )
  return (n) =>
    within(() => {
      let sum = 0
      for (let i = 0; i < n; i++) sum = (sum + readers[(i >> 13) & 7]()) | 0
      return sum
    })
}

/** `n` times: a piece of work queued by one task and done by another, with 64 in the queue. */
export function handOffs({ names, within }, { capture, deliver }) {
  const loop = evaluate(
    { ...common, ...names },
    `(n) => {
      for (let i = 0; i < n; i += 64) {
        const queue = new Array(64)
        for (let j = 0; j < 64; j++) queue[j] = ${capture}
        for (let j = 0; j < 64; j++) { const item = queue[j]; ${deliver} }
      }
    }`,
  )
  return (n) => within(() => loop(n))
}

/** Fills an array with what is kept of a piece of work while it waits in a queue. */
export function captures({ names, within }, { capture }) {
  const fill = evaluate(
    { ...common, ...names },
    `(items) => { for (let i = 0; i < items.length; i++) items[i] = ${capture} }`,
  )
  return (items) => within(() => fill(items))
}

/** `n` awaits of nobody's, while the contender has something to carry across one of its own. */
export function awaits({ within }) {
  const never = new Promise(() => {})
  within(async () => await never)
  return async (n) => {
    for (let i = 0; i < n; i++) await null
  }
}
