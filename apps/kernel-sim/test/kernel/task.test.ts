import { describe } from 'vitest'
import { BLOCK_DEVICE } from '../../src/scenarios/litmus/block-device.js'
import { KSWAPD } from '../../src/scenarios/litmus/kswapd.js'
import { PROCESS } from '../../src/scenarios/litmus/process.js'
import { SCOPE } from '../../src/scenarios/litmus/scope.js'
import { itBehaves } from './litmus.js'

describe('a process', () => {
  itBehaves(PROCESS)
})

describe('a scope', () => {
  itBehaves(SCOPE)
})

describe('a block device', () => {
  itBehaves(BLOCK_DEVICE)
})

describe('kswapd', () => {
  itBehaves(KSWAPD)
})
