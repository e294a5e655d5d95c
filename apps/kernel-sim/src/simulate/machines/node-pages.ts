/**
 * Node pages: how a number of pages of a whole machine is spread over its nodes and their zones. The kernel's own memory, which does not grow with
 * the machine, is on the first node with memory; of each other node so much is left as the line through the sizes that were measured says of more memory.
 */
const MIB = 1024 * 1024
/** Memory below 4 GiB on x86: the rest of that is for devices (arch/x86/kernel/setup.c; QEMU's machines leave 3 GiB). */
const BELOW_4G = 3072

/** The nodes of a machine. */
export interface NodeLayout {
  /** By node: bytes of memory; 0 for a node that has none. */
  readonly memory: readonly number[]
  /** By CPU: its node. */
  readonly cpuNodes: readonly number[]
  /** By node, then by node, as the SLIT has it; by default 10 for itself and 20 for others. */
  readonly distances?: readonly (readonly number[])[]
}

/** Pages of the zones of a node. */
type ZonePages = Readonly<Record<string, number>>

/** Pages of a whole machine. */
export interface MachinePages {
  /** MiB of memory. */
  readonly ram: number
  readonly pages: number
  /** How many there are more with each MiB. */
  readonly perMib: number
}

/** By node. */
export function nodePages(
  { ram, pages, perMib }: MachinePages,
  layout: NodeLayout | undefined,
): ZonePages[] {
  if (layout === undefined) return [zonePages(pages, Math.min(1, BELOW_4G / ram))]
  const { memory } = layout
  const first = memory.findIndex((bytes) => bytes > 0)
  const own = memory.map((bytes, node) => (node === first ? 0 : Math.round((bytes / MIB) * perMib)))
  const others = own.reduce((sum, each) => sum + each, 0)
  let start = 0
  return memory.map((bytes, node) => {
    const size = bytes / MIB
    if (size === 0) return {}
    // What is above 4 GiB is in the zone Normal, and nodes follow each other.
    const low = Math.min(1, Math.max(0, BELOW_4G - start) / size)
    start += size
    return zonePages(node === first ? pages - others : (own[node] ?? 0), low)
  })
}

function zonePages(pages: number, low: number): ZonePages {
  if (low === 1) return { DMA32: pages }
  const below = Math.round(pages * low)
  return below === 0 ? { Normal: pages } : { DMA32: below, Normal: pages - below }
}
