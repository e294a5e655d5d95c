/** Crew thread: joins a search of the protocol, for crew.test.ts. */
import { workerData } from 'node:worker_threads'
import { joinCrew, type Link } from '../src/node/crew.js'
import { failEntering } from './failing-thread.js'
import { type ProtocolOptions, protocol } from './protocol.js'

/** What a thread is given. */
interface CrewThread {
  readonly link: Link
  readonly machine: ProtocolOptions
  /** What it does where one of them is to fail. */
  readonly failing?: { readonly meeting: Int32Array; readonly role: 'fails' | 'waits' }
}

const { link, machine, failing } = workerData as CrewThread
if (failing !== undefined) failEntering(failing.meeting, failing.role)
joinCrew(protocol(machine), link)
