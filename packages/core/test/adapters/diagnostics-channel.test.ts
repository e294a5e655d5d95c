/** The bridge to node:diagnostics_channel. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, onTestFinished, test } from 'vitest'
import { publish } from '../../src/adapters/diagnostics-channel.js'
import type { ScopeEvent } from '../../src/diagnostics.js'
import { adopt, convey } from '../../src/index.js'
import { Task } from '../../src/task.js'
import { jobsDomain } from '../jobs.js'

const KINDS = ['enter', 'exit', 'convey', 'adopt', 'drop', 'violation'] as const

test('each kind of event has its channel, until the bridge is disposed', () => {
  const seen: string[] = []
  for (const kind of KINDS) {
    const name = `scopemask:${kind}`
    const listener = (message: unknown) => {
      const { kind, domain, label } = message as ScopeEvent
      seen.push(`${name} ${kind} ${domain} ${label}`)
    }
    subscribe(name, listener)
    onTestFinished(() => void unsubscribe(name, listener))
  }
  const jobs = jobsDomain()
  const context = new Task(jobs)
  const everything = () => {
    const scope = context.enter(jobs.flags.NO_DISK, 'flush')
    convey(context, 'none', undefined, 'log')
    const conveyance = convey(context, 'convey-on-queue', undefined, 'item')
    scope.close()
    expect(() => scope.close()).toThrow()
    adopt(new Task(jobs), conveyance, 'item')
  }
  const bridge = publish(jobs)
  everything()
  expect(seen).toEqual([
    'scopemask:enter enter jobs flush',
    'scopemask:drop drop jobs log',
    'scopemask:convey convey jobs item',
    'scopemask:exit exit jobs flush',
    'scopemask:violation violation jobs flush',
    'scopemask:adopt adopt jobs item',
    'scopemask:enter enter jobs item',
  ])
  bridge[Symbol.dispose]()
  everything()
  expect(seen).toHaveLength(7)
})
