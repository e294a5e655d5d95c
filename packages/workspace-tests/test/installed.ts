/** What all tests of packed packages share: one installation, and one compiler, which reads its libraries once. */
import { afterAll } from 'vitest'
import { Compiler } from './compiler.js'
import { Consumer } from './consumer.js'
import { published } from './workspace.js'

export const compiler = new Compiler()
export const consumer = new Consumer()
await consumer.install(published)
afterAll(() => consumer.remove())
