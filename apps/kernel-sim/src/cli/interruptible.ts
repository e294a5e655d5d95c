/** Interruptible: work that ends when somebody presses Ctrl-C or ends this process, and tidies up before that. */
import { InputError } from '../input-error.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Does something that stops when the signal is aborted. @throws InputError when it was interrupted. */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  const interrupt = (): void =>
    controller.abort(new InputError('interrupted: nothing is left running'))
  for (const signal of SIGNALS) process.on(signal, interrupt)
  try {
    await work(controller.signal)
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
}
