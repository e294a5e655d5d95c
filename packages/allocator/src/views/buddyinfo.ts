/** /proc/buddyinfo: how many blocks of each order are free, zone by zone (mm/vmstat.c, frag_show_print, 6.1). */
import { MAX_ORDER } from '../pages/watermark.js'
import type { Zone } from '../pages/zone.js'

/** The text of /proc/buddyinfo. */
export function buddyinfo(zones: readonly Zone[]): string {
  return zones
    .map((zone) => {
      let line = `Node ${zone.node}, zone ${zone.name.padStart(8)} `
      for (let order = 0; order < MAX_ORDER; order++) {
        line += `${String(zone.buddy.freeBlocks(order)).padStart(6)} `
      }
      return `${line}\n`
    })
    .join('')
}
