/** The entries: the main one has all names, and each name is in exactly one of the parts. */

import { expect, it } from 'vitest'
import * as gfp from '../src/gfp.js'
import * as all from '../src/index.js'
import * as pages from '../src/pages.js'
import * as slab from '../src/slab.js'
import * as views from '../src/views.js'

it('are the main one in four parts', () => {
  const parts = [gfp, pages, slab, views].map((part) => new Map(Object.entries(part)))
  const names = parts.flatMap((part) => [...part.keys()])
  expect(new Set(names).size).toBe(names.length)
  expect(names.sort()).toEqual(Object.keys(all).sort())
  for (const part of parts) {
    expect(part.size).toBeGreaterThan(0)
    for (const [name, value] of part) expect(Object.entries(all)).toContainEqual([name, value])
  }
})
