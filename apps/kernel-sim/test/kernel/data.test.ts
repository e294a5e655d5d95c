import { describe } from 'vitest'
import { FIFO } from '../../src/scenarios/litmus/fifo.js'
import { VARIABLE } from '../../src/scenarios/litmus/variable.js'
import { itBehaves } from './litmus.js'

describe('a variable', () => {
  itBehaves(VARIABLE)
})

describe('a fifo', () => {
  itBehaves(FIFO)
})
