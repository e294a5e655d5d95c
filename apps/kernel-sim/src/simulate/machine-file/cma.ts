/** CMA areas of a machine file, and the workloads that need them. */
import { PAGEBLOCK_ORDER } from '@scopemask/allocator'
import type { CmaSpec } from '../machines/cma-areas.js'
import { type Complaints, list, optional, record, required, text } from './kinds.js'
import type { Place, Tree } from './tree.js'
import { size } from './units.js'

const MIB = 1024 * 1024
const GIB = 1024 * MIB
const PAGE = 4096
/** Areas are made of pageblocks. */
const PAGEBLOCK = 1 << PAGEBLOCK_ORDER
/** CONFIG_CMA_AREAS is 7, and one more for what cma= says (include/linux/cma.h, MAX_CMA_AREAS). */
const MOST_AREAS = 8

/** The name of an area (CMA_MAX_NAME). */
export const AREA_NAME = text('a name such as camera', /^[\w.-]{1,40}$/)

/** What `cma:` takes. */
export const CMA = list(
  record('a CMA area', {
    name: optional(AREA_NAME, 'by default cma and its number, from 0'),
    size: required(
      size({ least: 2 * MIB, most: 8 * GIB, says: '16 MiB' }),
      'how large it is: what is no multiple of 2 MiB becomes one',
    ),
  }),
  'CMA areas',
)

type ReadArea = NonNullable<ReturnType<typeof CMA.read>>[number]

/** What a workload needs of an area. */
export interface NeedsCma {
  /** Its name; by default the first. */
  readonly area: string | undefined
  /** Bytes at once. */
  readonly bytes: number
}

/** The areas, with their names. */
export function cmaOf(read: readonly ReadArea[]): (CmaSpec & { readonly name: string })[] {
  return read.map(({ name, size: bytes }, number) => ({
    name: name ?? `cma${number}`,
    pages: Math.ceil(bytes / PAGE / PAGEBLOCK) * PAGEBLOCK,
  }))
}

/** Says what is wrong with the areas of a machine, and with the workloads that need them. */
export function checkCma(
  areas: readonly (CmaSpec & { readonly name: string })[],
  machine: {
    readonly memory: number
    readonly place: Place | Tree
    readonly workloads: readonly { readonly name: string; readonly cma: NeedsCma | undefined }[]
  },
  complaints: Complaints,
): void {
  const { memory, place, workloads } = machine
  const all = areas.reduce((sum, { pages }) => sum + pages * PAGE, 0)
  if (all > memory / 2) {
    complaints.add(
      place,
      'cma: the areas take more than half of the memory, and the kernel itself needs some that stays',
    )
  }
  if (areas.length > MOST_AREAS) {
    complaints.add(place, `cma: there are ${areas.length} areas; ${MOST_AREAS} is the most`)
  }
  for (const [index, { name }] of areas.entries()) {
    if (areas.findIndex((each) => each.name === name) === index) continue
    complaints.add(place, `cma: two areas are named ${name}`)
  }
  for (const { name, cma } of workloads) {
    if (cma === undefined) continue
    const area = cma.area === undefined ? areas[0] : areas.find((each) => each.name === cma.area)
    if (areas.length === 0) {
      complaints.add(
        place,
        `${name} needs a CMA area: the machine has none; cma: [{ size: 16 MiB }] is one`,
      )
    } else if (area === undefined) {
      const names = areas.map((each) => each.name).join(', ')
      complaints.add(place, `${name} needs the CMA area ${cma.area}: the machine has ${names}`)
    } else if (cma.bytes > area.pages * PAGE) {
      const most = (area.pages * PAGE) / MIB
      complaints.add(
        place,
        `${name} needs more at once than the CMA area ${area.name} has: ${most} MiB`,
      )
    }
  }
}
