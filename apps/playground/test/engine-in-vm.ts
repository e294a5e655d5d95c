/** Engine in a VM: what is built for the page's worker, in a context that has what a worker has and nothing of Node. */
import { readFileSync } from 'node:fs'
import { createContext, Script } from 'node:vm'
import type { Fault, Report, Request } from '../src/protocol.js'

const ENGINE = readFileSync(new URL('../dist/engine.js', import.meta.url), 'utf8')

/** A blob whose text can be had at once. */
class TextBlob {
  readonly text: string
  constructor(parts: readonly string[]) {
    this.text = parts.join('')
  }
}

/** The answer of an engine to one request. */
async function ask(request: Request): Promise<Report> {
  const blobs = new Map<string, string>()
  const context = createContext({
    performance,
    Blob: TextBlob,
    URL: Object.assign(URL, {
      createObjectURL: (blob: TextBlob): string => {
        const url = `blob:null/${blobs.size}`
        blobs.set(url, blob.text)
        return url
      },
      revokeObjectURL: () => {},
    }),
    importScripts: (url: string) => new Script(blobs.get(url) ?? '').runInContext(context),
  })
  context.self = context
  const answered = new Promise<Report>((resolve) => {
    context.postMessage = (report: Report) => {
      // As between threads: what cannot be copied cannot be posted.
      const copy = structuredClone(report)
      if (copy.kind === 'checked' || copy.kind === 'walked' || copy.kind === 'fault') resolve(copy)
    }
  })
  new Script(ENGINE).runInContext(context)
  context.onmessage({ data: structuredClone(request) })
  return await answered
}

/** An answer of this kind. @throws Error when it is another one. */
export async function asked<K extends 'checked' | 'walked' | 'fault'>(
  kind: K,
  request: Request,
): Promise<Extract<Report, { kind: K }>> {
  const answer = await ask(request)
  if (answer.kind !== kind) throw new Error((answer as Fault).message ?? answer.kind)
  return answer as Extract<Report, { kind: K }>
}
