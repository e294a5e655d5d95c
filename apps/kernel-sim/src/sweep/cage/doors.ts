/**
 * Doors: closes, inside of a process, what its restrictions forbid and Node's permissions leave open: the network, where nothing
 * outside of the process closes it, and signals to other processes. What is behind a door throws the restriction, with the way by which it
 * came here. Code that looks hard enough for a way around finds one: this is the wall behind the walls, and the one that explains.
 */
import dgram from 'node:dgram'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import { currentOrUndefined } from '@scopemask/core'
import { JOBS, type JobContext } from '../restrictions.js'

/** Functions that reach the network, by the objects that have them. What is not listed goes through one of these. */
const NETWORK: readonly (readonly [object, readonly string[]])[] = [
  [net, ['connect', 'createConnection', '_createServerHandle']],
  [net.Socket.prototype, ['connect']],
  [net.Server.prototype, ['listen']],
  [dgram, ['createSocket', 'Socket', '_createSocketHandle']],
  [dgram.Socket.prototype, ['bind', 'connect', 'send', 'addMembership']],
  [dns, functionsOf(dns)],
  [dns.promises, functionsOf(dns.promises)],
  [dns.Resolver.prototype, functionsOf(dns.Resolver.prototype)],
  [dns.promises.Resolver.prototype, functionsOf(dns.promises.Resolver.prototype)],
]

/** Functions that reach other processes. */
const PROCESSES = ['kill', '_kill', '_debugProcess', '_debugEnd'] as const

/** Closes the doors that a context does not leave open; they stay closed. */
export function closeDoors(context: JobContext): void {
  const { NO_NETWORK, NO_SPAWN } = JOBS.flags
  if (context.has(NO_NETWORK)) {
    const door = doorOf(context, NO_NETWORK)
    for (const [owner, names] of NETWORK) for (const name of names) close(owner, name, door)
    for (const name of ['fetch', 'WebSocket', 'EventSource']) close(globalThis, name, door)
  }
  if (context.has(NO_SPAWN)) {
    for (const name of PROCESSES) close(process, name, doorOf(context, NO_SPAWN))
  }
  // Whoever imports one of these by name gets the closed one.
  syncBuiltinESMExports()
}

/** What stands in place of a function; it is called with new, too. */
type Door = () => never

function doorOf(context: JobContext, flag: Parameters<JobContext['forbid']>[0]): Door {
  return function closedDoor(): never {
    const running = currentOrUndefined(JOBS) ?? context
    try {
      running.forbid(flag)
    } catch (thrown) {
      // Whoever reads the stack wants to see who came to the door.
      if (thrown instanceof Error) Error.captureStackTrace(thrown, closedDoor)
      throw thrown
    }
    throw new Error('a door was closed that its context leaves open')
  }
}

/** Replaces a function for good. */
function close(owner: object, name: string, door: Door): void {
  if (!(name in owner)) return
  Object.defineProperty(owner, name, {
    value: door,
    writable: false,
    configurable: false,
    enumerable: true,
  })
}

function functionsOf(owner: object): string[] {
  return Object.getOwnPropertyNames(owner).filter(
    (name) => name !== 'constructor' && typeof Reflect.get(owner, name) === 'function',
  )
}
