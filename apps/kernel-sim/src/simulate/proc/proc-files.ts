/** Proc files: the kernel's own files of a machine, at the moment, in the kernel's formats. */
import { buddyinfo, meminfo, pagetypeinfo, slabinfo, vmstat, zoneinfo } from '@scopemask/allocator'
import type { FileCache } from '../cache/page-cache.js'
import type { Pressure, PressureLine, PressureResource, Psi } from '../sched/psi.js'
import { US } from '../time.js'
import { type CountedMachine, machineCounters } from './counters.js'

/** The names of the files below /proc. */
export const PROC_FILES = [
  'buddyinfo',
  'meminfo',
  'pagetypeinfo',
  'slabinfo',
  'vmstat',
  'zoneinfo',
  'pressure/cpu',
  'pressure/io',
  'pressure/memory',
] as const

/** Their texts, by name. */
export type ProcFiles = Readonly<Record<(typeof PROC_FILES)[number], string>>

/** What they are of. */
export interface ProcMachine extends CountedMachine {
  readonly psi: Psi
  /** The page cache of the disk itself: buffers. */
  readonly files: { readonly device: FileCache }
}

/** Reads all of them. */
export function procFiles(machine: ProcMachine): ProcFiles {
  const { memory, slab } = machine.vm
  const { zones } = memory
  const counters = machineCounters(machine)
  return {
    buddyinfo: buddyinfo(zones.all),
    meminfo: meminfo(zones, counters, { buffers: machine.files.device.cached }),
    pagetypeinfo: pagetypeinfo(zones.all),
    slabinfo: slabinfo(slab.info()),
    vmstat: vmstat(zones.all, counters),
    zoneinfo: zoneinfo(zones, counters),
    ...pressureFiles(machine.psi),
  }
}

function pressureFiles(psi: Psi) {
  const of = (resource: PressureResource): string => pressureText(psi.pressure(resource))
  return { 'pressure/cpu': of('cpu'), 'pressure/io': of('io'), 'pressure/memory': of('memory') }
}

/** A file of /proc/pressure (kernel/sched/psi.c, psi_show). */
function pressureText({ some, full }: Pressure): string {
  return `some ${lineText(some)}\nfull ${lineText(full)}\n`
}

function lineText({ avg10, avg60, avg300, total }: PressureLine): string {
  const averages = [avg10, avg60, avg300].map((average) => average.toFixed(2))
  return `avg10=${averages[0]} avg60=${averages[1]} avg300=${averages[2]} total=${Math.floor(total / US)}`
}
