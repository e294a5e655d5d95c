/** Tour: the texts of the stops, one to begin with and one that passes. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('stops/', import.meta.url))

/**
 * By stop.
 * @returns {Record<string, { start: string, solved: string }>}
 */
export function tourTexts() {
  const text = (stop, name) => readFileSync(`${folder}${stop}/${name}.ts`, 'utf8')
  return Object.fromEntries(
    readdirSync(folder).map((stop) => [
      stop,
      { start: text(stop, 'start'), solved: text(stop, 'solved') },
    ]),
  )
}
