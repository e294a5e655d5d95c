/** SIM.JS (simjs on npm): entities with callbacks, made for browsers: it leaves its face at `window`. */
import { QUEUE, REPAIR, VARIATES, variates } from '../models.mjs'

globalThis.window = {}
await import('simjs')
const { Sim, Entity, Facility } = globalThis.window.Sim

export function repair(until) {
  const table = variates()
  const sim = new Sim()
  const repairers = new Facility('repairers', Facility.FCFS, REPAIR.repairers)
  let at = 0
  let repaired = 0
  class Machine extends Entity {
    start() {
      this.setTimer(table[at++ % VARIATES] * REPAIR.untilFailure).done(this.fails, this)
    }
    fails() {
      this.useFacility(repairers, table[at++ % VARIATES] * REPAIR.repair).done(this.repaired, this)
    }
    repaired() {
      repaired++
      this.start()
    }
  }
  for (let machine = 0; machine < REPAIR.machines; machine++) sim.addEntity(Machine)
  sim.simulate(until, Number.POSITIVE_INFINITY)
  return repaired
}

export function queue(until) {
  const table = variates()
  const sim = new Sim()
  const servers = new Facility('servers', Facility.FCFS, QUEUE.servers)
  let at = 0
  let served = 0
  class Source extends Entity {
    start() {
      this.setTimer(table[at++ % VARIATES] * QUEUE.between).done(this.comes, this)
    }
    comes() {
      this.useFacility(servers, table[at++ % VARIATES] * QUEUE.service).done(this.served, this)
      this.start()
    }
    served() {
      served++
    }
  }
  sim.addEntity(Source)
  sim.simulate(until, Number.POSITIVE_INFINITY)
  return served
}
