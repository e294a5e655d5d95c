/** Compile: the text in the editor as a script for the engine. Types are taken away; lines stay where they are. */
import { transform } from 'sucrase'
import type { Fault, Script } from '../protocol.js'

/** A script, or what keeps the text from being one. */
export type Compiled = Script | Fault

/** @param number that of the bundled case which the text is; empty for another text. */
export function compiled(text: string, number: string): Compiled {
  try {
    const { code } = transform(text, { transforms: ['typescript', 'imports'] })
    return { code, number }
  } catch (thrown) {
    return syntaxFault(thrown)
  }
}

/** Sucrase says `Error transforming sucrase: Unexpected token (3:5)`, and the line beside it. */
function syntaxFault(thrown: unknown): Fault {
  const { message = '', loc } = thrown as {
    readonly message?: string
    readonly loc?: { readonly line?: number }
  }
  const said = message.replace(/^Error transforming sucrase: /, '').replace(/ \(\d+:\d+\)$/, '')
  const line = typeof loc?.line === 'number' ? loc.line : null
  return { kind: 'fault', message: line === null ? said : `${said} in line ${line}`, line }
}
