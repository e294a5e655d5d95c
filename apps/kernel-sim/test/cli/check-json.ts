/** Check JSON: a report of `kernel-sim check --json` that follows its schema, parsed. */
import { createRequire } from 'node:module'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import type { Outcome } from './kernel-sim.js'

/** As others load it. */
const schema = createRequire(import.meta.url)(
  '@scopemask/kernel-sim/schemas/check.schema.json',
) as object
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

export function validCheck({ status, stdout }: Outcome) {
  const report = JSON.parse(stdout)
  validate(report)
  expect(validate.errors ?? []).toEqual([])
  return { status, report }
}
