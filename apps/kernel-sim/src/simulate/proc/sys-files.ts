/** Sys files: what /sys says of the nodes of a machine, at the moment (drivers/base/node.c, 6.1.192). */
import { nodeFiles, numberList } from '@scopemask/allocator'
import { type CountedMachine, machineCounters } from './counters.js'

/** Their texts, by their paths below /sys/devices/system/node. */
export type SysFiles = Readonly<Record<string, string>>

/** Reads all of them. */
export function sysFiles(machine: CountedMachine): SysFiles {
  const { zones } = machine.vm.memory
  const counters = machineCounters(machine)
  const nodes = Array.from({ length: zones.nodes }, (_, node) => node)
  const withMemory = nodes.filter((node) => zones.populatedOf(node) !== 0)
  const withCpus = nodes.filter((node) => zones.numa.cpusOf(node) > 0)
  const files: Record<string, string> = {
    online: `${numberList(nodes)}\n`,
    has_memory: `${numberList(withMemory)}\n`,
    has_cpu: `${numberList(withCpus)}\n`,
  }
  for (const node of nodes) {
    for (const [name, text] of Object.entries(nodeFiles(zones, node, counters))) {
      files[`node${node}/${name}`] = text
    }
  }
  return files
}
