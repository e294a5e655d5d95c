/** `using`, as compilers lower it, and as the engine runs it where it can. */
import { transformSync } from 'esbuild'
import typescript from 'typescript'
import core from './core.mjs'

const using = (mask, _, body) => `using scope = task.enter(${mask}); ${body}`

function contender(name, compile) {
  return { ...core, compile, sections: { [`using, ${name}`]: using } }
}

const target = 'ES2022'

export default [
  contender(
    'lowered by esbuild',
    (text) => transformSync(text, { target: target.toLowerCase() }).code,
  ),
  contender('lowered by tsc', (text) => typescript.transpile(text, { target })),
  ...(runsNatively() ? [contender('native', undefined)] : []),
]

function runsNatively() {
  try {
    new Function('{ using nothing = null }')
    return true
  } catch {
    return false
  }
}
