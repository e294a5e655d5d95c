/**
 * Engine client: asks an engine, and ends it when it takes too long. A scenario is anybody's code, so it runs in a worker that the
 * policy of the page keeps from the network; what it reports is data, of which the page trusts nothing.
 */
import type { Fault, Report, Request } from '../protocol.js'

type Answer = Extract<Report, { kind: 'checked' | 'walked' | 'fault' }>

export interface Asking {
  /** How long the whole may take, in ms. */
  readonly limit: number
  readonly onProgress?: (progress: Extract<Report, { kind: 'progress' }>) => void
}

/** What is said of reports that no engine makes: a scenario runs beside it, and can send what it likes. */
export const DISTURBED =
  'What was reported cannot be shown: the scenario has disturbed its checker.'

/** What a request is answered with. */
const ANSWERS = { check: 'checked', walk: 'walked' } as const

/** How long a scenario's code may run before it comes to its next step, in ms. */
const PATIENCE = 5000

export class EngineClient {
  readonly #engine: string
  #worker: Worker | null = null
  #end: ((answer: Answer) => void) | null = null

  /** @param engine the text of the worker. */
  constructor(engine: string) {
    this.#engine = engine
  }

  /** Asks for one thing; what was asked before and has no answer yet is given up. */
  ask(request: Request, { limit, onProgress }: Asking): Promise<Answer> {
    if (this.#end !== null) this.stop('another one was asked for')
    const worker = this.#started()
    return new Promise((resolve) => {
      let inCode: ReturnType<typeof setTimeout> | undefined
      const after = (time: number, message: string) =>
        setTimeout(() => this.stop(message), Math.min(time, 2 ** 31 - 1))
      const inAll = after(limit, `stopped after ${limit / 1000} s, which claims nothing`)
      const end = (answer: Answer): void => {
        clearTimeout(inAll)
        clearTimeout(inCode)
        this.#end = null
        resolve(answer)
      }
      this.#end = end
      worker.onmessage = ({ data }: MessageEvent<Report | null>) => {
        if (data?.kind === 'progress') onProgress?.(data)
        else if (data?.kind === 'code') {
          clearTimeout(inCode)
          if (data.runs) inCode = after(PATIENCE, RUNAWAY)
        } else if (data?.kind === 'fault' || data?.kind === ANSWERS[request.kind]) end(data)
        else this.stop(DISTURBED)
      }
      worker.onerror = (event) => {
        // It is said at its line: the console need not say it again.
        event.preventDefault()
        const { message, lineno } = event
        const said = message.replace(/^Uncaught |Failed to execute '\w+' on '\w+': /g, '')
        end({ kind: 'fault', message: said, line: lineno > 0 ? lineno : null })
      }
      worker.postMessage(request)
    })
  }

  /** Ends what is under way; its answer is this sentence. */
  stop(message: string): void {
    this.#worker?.terminate()
    this.#worker = null
    this.#end?.({ kind: 'fault', message, line: null } satisfies Fault)
  }

  #started(): Worker {
    if (this.#worker === null) {
      const url = URL.createObjectURL(new Blob([this.#engine], { type: 'text/javascript' }))
      this.#worker = new Worker(url)
      // Only once it runs: a worker is fetched later than it is made.
      this.#worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true })
    }
    return this.#worker
  }
}

const RUNAWAY = `stopped: the scenario's code ran for ${PATIENCE / 1000} s without coming to a next step: does it loop without yield*?`
