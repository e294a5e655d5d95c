/** Recorded: the figures of a real kernel on the machine that is simulated, by configuration: a plan on a size of memory. */
import { InputError } from '../../input-error.js'

/** A figure over the seeds: its median, least and most. */
export type Band = readonly [median: number, min: number, max: number]

export interface RecordedConfig {
  readonly name: string
  /** MiB. */
  readonly ram: number
  /** How many seeds it was run with. */
  readonly seeds: number
  readonly plan: string
  readonly facts: ReadonlyMap<string, Band>
}

/**
 * Reads a file of recorded figures: its configurations by name.
 * @throws InputError that names what is wrong
 */
export function readRecorded(text: string, where: string): readonly RecordedConfig[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new InputError(`${where} is not JSON: ${error instanceof Error ? error.message : error}`)
  }
  const { configs } = object(json, where)
  return Object.entries(object(configs, `configs of ${where}`)).map(([name, value]) => {
    const at = `${name} in ${where}`
    const { ram, seeds, plan, facts } = object(value, at)
    if (typeof ram !== 'number' || typeof seeds !== 'number' || typeof plan !== 'string') {
      throw new InputError(`${at} has no ram, seeds and plan`)
    }
    return { name, ram, seeds, plan, facts: new Map(bands(object(facts, `facts of ${at}`), at)) }
  })
}

/** Bands are written as [median, min, max], or as an object of these. */
function* bands(facts: Record<string, unknown>, at: string): Generator<[string, Band]> {
  for (const [name, value] of Object.entries(facts)) {
    const list = Array.isArray(value)
      ? value
      : ['median', 'min', 'max'].map((key) => object(value, `${name} of ${at}`)[key])
    const [median, min, max] = list
    if (typeof median !== 'number' || typeof min !== 'number' || typeof max !== 'number') {
      throw new InputError(`${name} of ${at} is not a median with its least and most`)
    }
    yield [name, [median, min, max]]
  }
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${what} is not an object`)
  }
  return value as Record<string, unknown>
}
