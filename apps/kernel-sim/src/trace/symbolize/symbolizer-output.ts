/** Symbolizer output: what llvm-symbolizer and addr2line print, as lines of source. Both answer in the order in which they are asked. */
import type { SourceLine } from './source-line.js'

/**
 * What `llvm-symbolizer --output-style=JSON` prints: an object a line for each address.
 * @throws SyntaxError when that is not what it printed, as by versions before 13.
 */
export function llvmLines(output: string): SourceLine[][] {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const answer: unknown = JSON.parse(line)
      const symbols = field(answer, 'Symbol')
      if (!Array.isArray(symbols)) {
        if (field(answer, 'Error') !== undefined) return []
        throw new SyntaxError('an answer has neither symbols nor an error')
      }
      return symbols.flatMap((symbol: unknown) => {
        const [fn, file, number] = ['FunctionName', 'FileName', 'Line'].map((name) =>
          field(symbol, name),
        )
        if (typeof fn !== 'string' || typeof file !== 'string' || typeof number !== 'number')
          return []
        return file === '' ? [] : [{ fn, file, line: number }]
      })
    })
}

/** What `addr2line -a -f -i` prints: the address, then a function and its place in turn. */
export function addr2lineLines(output: string): SourceLine[][] {
  const answers: SourceLine[][] = []
  let fn: string | undefined
  for (const line of output.split('\n')) {
    if (/^0x[\da-f]+$/.test(line)) {
      answers.push([])
      fn = undefined
    } else if (fn === undefined) fn = line
    else {
      const [, file, number] = /^(.*):(\d+|\?)(?: \(discriminator \d+\))?$/.exec(line) ?? []
      if (file !== undefined && file !== '??') {
        answers.at(-1)?.push({ fn, file, line: number === '?' ? 0 : Number(number) })
      }
      fn = undefined
    }
  }
  return answers
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}
