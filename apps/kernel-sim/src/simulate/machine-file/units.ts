/** Units: sizes, durations and rates as people write them: a number and a unit. */
import { MS, SECOND, US } from '../time.js'
import { type Kind, scalar } from './kinds.js'

const KIB = 1024
const SIZES = { B: 1, KiB: KIB, MiB: KIB ** 2, GiB: KIB ** 3 } as const
const DURATIONS = { ns: 1, us: US, ms: MS, s: SECOND, min: 60 * SECOND } as const
const RATES = { 'kB/s': 1e3, 'MB/s': 1e6, 'GB/s': 1e9, 'KiB/s': KIB, 'MiB/s': KIB ** 2 } as const

/** What a number with a unit can be. */
interface Bounds {
  readonly least: number
  readonly most: number
  /** In the file's words, for sentences. */
  readonly says: string
}

/** Whole pages of 4 KiB, or bytes where nothing is said of pages. */
export function size({ least, most, says }: Bounds): Kind<number> {
  return quantity(`a size such as ${says}`, SIZES, { least, most })
}

/** ns. */
export function duration({ least, most, says }: Bounds): Kind<number> {
  return quantity(`a time such as ${says}`, DURATIONS, { least, most })
}

/** Bytes a second. */
export function rate({ least, most, says }: Bounds): Kind<number> {
  return quantity(`a rate such as ${says}`, RATES, { least, most })
}

function quantity(
  example: string,
  units: Readonly<Record<string, number>>,
  { least, most }: { readonly least: number; readonly most: number },
): Kind<number> {
  const pattern = new RegExp(`^(\\d{1,9}(?:\\.\\d{1,6})?) ?(${Object.keys(units).join('|')})$`)
  const takes = `${example}, from ${written(least, units)} to ${written(most, units)}`
  return scalar({
    takes,
    schema: { type: 'string', pattern: pattern.source, description: takes },
    make: (value) => {
      const [, number, unit = ''] = (typeof value === 'string' && pattern.exec(value)) || []
      if (number === undefined) return undefined
      const wanted = Math.round(Number(number) * (units[unit] ?? 0))
      return wanted >= least && wanted <= most ? wanted : undefined
    },
  })
}

/** In the largest unit of which there is one at least. */
function written(value: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(([, factor]) => factor <= value)
  const [unit, factor] = fitting.reduce(
    (largest, each) => (each[1] > largest[1] ? each : largest),
    Object.entries(units)[0] ?? ['', 1],
  )
  return `${Number((value / factor).toPrecision(4))} ${unit}`
}
