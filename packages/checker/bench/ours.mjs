/** Ours: both models on the live runner of @scopemask/checker. */
import { Live, Resource, WAIT } from '@scopemask/checker/live'
import { QUEUE, REPAIR, VARIATES, variates } from './models.mjs'

export function repair(until) {
  const table = variates()
  const live = new Live()
  const repairers = new Resource(REPAIR.repairers)
  let at = 0
  let repaired = 0
  for (let machine = 0; machine < REPAIR.machines; machine++) {
    live.spawn('machine', function* (task) {
      for (;;) {
        yield table[at++ % VARIATES] * REPAIR.untilFailure
        if (!repairers.take(task)) yield WAIT
        yield table[at++ % VARIATES] * REPAIR.repair
        repairers.give()
        repaired++
      }
    })
  }
  live.run(until)
  return repaired
}

export function queue(until) {
  const table = variates()
  const live = new Live()
  const servers = new Resource(QUEUE.servers)
  let at = 0
  let served = 0
  function* customer(task) {
    if (!servers.take(task)) yield WAIT
    yield table[at++ % VARIATES] * QUEUE.service
    servers.give()
    served++
  }
  live.spawn('source', function* () {
    for (;;) {
      yield table[at++ % VARIATES] * QUEUE.between
      live.spawn('customer', customer)
    }
  })
  live.run(until)
  return served
}
