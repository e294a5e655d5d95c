/** Crew thread: joins a search of the yardstick protocol, for crew.test.ts. */
import { workerData } from 'node:worker_threads'
import { joinCrew, type Link } from '../src/node/crew.js'
import { protocol } from './protocol.js'

joinCrew(protocol(), (workerData as { readonly link: Link }).link)
