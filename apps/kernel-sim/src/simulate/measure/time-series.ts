/** Time series: how memory and pressure go over virtual time, by columns. It is read off by an event of the clock, which changes nothing. */
import { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from '@scopemask/allocator'
import type { Clock } from '@scopemask/checker/live'
import type { Writeback } from '../cache/writeback.js'
import type { Vm } from '../memory/vm.js'
import { type Psi, PsiState } from '../sched/psi.js'
import { MS } from '../time.js'
import { Series } from './series.js'

/** Pages, by the names of /proc/vmstat. */
export const PAGE_SERIES = [
  'nr_free_pages',
  'nr_inactive_file',
  'nr_active_file',
  'nr_inactive_anon',
  'nr_active_anon',
  'nr_slab_reclaimable',
  'nr_dirty',
  'nr_writeback',
] as const

/** For how long, ns, there has been pressure (PSI). */
export const PRESSURE_SERIES = [
  'psi_cpu_some',
  'psi_memory_some',
  'psi_memory_full',
  'psi_io_some',
  'psi_io_full',
] as const

const TIME_SERIES = [...PAGE_SERIES, ...PRESSURE_SERIES] as const

export type TimeSeriesName = (typeof TIME_SERIES)[number]

/** By default: ns between two rows, and how many rows there are at most before every other one goes. */
const INTERVAL = 100 * MS
const ROOM = 1024

export interface SeriesSpec {
  /** ns between two rows. */
  readonly interval: number
  /** The most rows, an even number: beyond it every other row goes, and the interval doubles. */
  readonly room: number
}

export class TimeSeries {
  readonly series: Series<TimeSeriesName>
  readonly #vm: Vm
  readonly #writeback: Writeback
  readonly #psi: Psi
  #totals: Float64Array

  /** It begins now. */
  constructor(
    parts: {
      readonly clock: Clock
      readonly vm: Vm
      readonly writeback: Writeback
      readonly psi: Psi
    },
    spec: SeriesSpec = { interval: INTERVAL, room: ROOM },
  ) {
    this.#vm = parts.vm
    this.#writeback = parts.writeback
    this.#psi = parts.psi
    this.series = new Series(TIME_SERIES, spec)
    const { clock } = parts
    const began = clock.now
    const before = parts.psi.exactTotals().slice()
    this.#totals = before
    const value = (name: TimeSeriesName): number => this.#value(name, before)
    const take = (): void => {
      this.#totals = this.#psi.exactTotals()
      this.series.take(clock.now - began, value)
      clock.at(clock.now + spec.interval, take)
    }
    take()
  }

  #value(name: TimeSeriesName, before: Float64Array): number {
    const { lru } = this.#vm.memory
    const nodes = this.#vm.memory.zones.nodes
    switch (name) {
      case 'nr_free_pages':
        return this.#vm.free
      case 'nr_inactive_file':
        return sum(nodes, (node) => lru.pages(node, INACTIVE_FILE))
      case 'nr_active_file':
        return sum(nodes, (node) => lru.pages(node, ACTIVE_FILE))
      case 'nr_inactive_anon':
        return sum(nodes, (node) => lru.pages(node, INACTIVE_ANON))
      case 'nr_active_anon':
        return sum(nodes, (node) => lru.pages(node, ACTIVE_ANON))
      case 'nr_slab_reclaimable':
        return this.#vm.slabPages(undefined, true)
      case 'nr_dirty':
        return this.#writeback.dirty
      case 'nr_writeback':
        return this.#writeback.writeback
      case 'psi_cpu_some':
        return this.#since(before, PsiState.CPU_SOME)
      case 'psi_memory_some':
        return this.#since(before, PsiState.MEM_SOME)
      case 'psi_memory_full':
        return this.#since(before, PsiState.MEM_FULL)
      case 'psi_io_some':
        return this.#since(before, PsiState.IO_SOME)
      case 'psi_io_full':
        return this.#since(before, PsiState.IO_FULL)
    }
  }

  #since(before: Float64Array, state: PsiState): number {
    return (this.#totals[state] as number) - (before[state] as number)
  }
}

function sum(nodes: number, pages: (node: number) => number): number {
  let all = 0
  for (let node = 0; node < nodes; node++) all += pages(node)
  return all
}
