/** Audit saved: a report that was printed as JSON earlier, taken up again to compare with another. */
import type { Comparable } from './comparison.js'
import { AUDIT_FORMAT } from './json.js'

/** How a report that `--json` printed begins; a recording begins otherwise. */
export const SAVED_REPORT = new RegExp(`^\\s*\\{\\s*"format":\\s*"${AUDIT_FORMAT.format}"`)

/** The fields that are read of an object: their types, or in brackets the shape of the items of a list. */
interface Shape {
  readonly [field: string]: 'string' | 'number' | 'boolean' | readonly ['string' | Shape] | Shape
}

/** What a comparison reads. */
const SHAPE: Shape = {
  reading: { name: 'string', format: 'string' },
  verdict: { agrees: 'boolean', damaged: 'boolean', lostScopes: 'number' },
  callSites: {
    explicit: [
      {
        site: 'string',
        caller: 'string',
        class: 'string',
        requests: 'number',
        covered: 'number',
        uncovered: 'number',
        unknown: 'number',
        inferred: 'number',
        uncoveredFrom: [{ count: 'number', line: 'number', functions: ['string'] }],
      },
    ],
    weakened: [{ site: 'string', caller: 'string', requests: 'number' }],
  },
  work: {
    lost: [
      {
        fn: 'string',
        kind: 'string',
        scope: 'string',
        regained: 'string',
        site: 'string',
        caller: 'string',
        class: 'string',
        workerScope: 'string',
        certain: 'boolean',
        executions: 'number',
        allocations: 'number',
      },
    ],
    delegations: [{ fn: 'string', kind: 'string', scope: 'string', waited: 'number' }],
  },
}

/**
 * Reads a report that `--json` printed.
 * @returns what is needed to compare it.
 * @throws SyntaxError when it is not one, or of another version; the message completes "FILE ...".
 */
export function savedReport(text: string): Comparable {
  let report: unknown
  try {
    report = JSON.parse(text)
  } catch {
    throw new SyntaxError('begins like a report of kernel-sim audit --json, but is cut or damaged')
  }
  const version = fieldOf(report, 'version')
  if (version !== AUDIT_FORMAT.version) {
    throw new SyntaxError(
      `is a report of version ${JSON.stringify(version)}; this kernel-sim reads version ${AUDIT_FORMAT.version}`,
    )
  }
  check('the report', report, SHAPE)
  return report as Comparable
}

function check(path: string, value: unknown, shape: Shape[string]): void {
  if (typeof shape === 'string') {
    if (typeof value !== shape) throw new SyntaxError(`is damaged: ${path} is not a ${shape}`)
  } else if (isList(shape)) {
    if (!Array.isArray(value)) throw new SyntaxError(`is damaged: ${path} is not a list`)
    for (const [i, item] of value.entries()) check(`${path}[${i}]`, item, shape[0])
  } else {
    for (const [name, field] of Object.entries(shape)) {
      check(`${path}.${name}`, fieldOf(value, name), field)
    }
  }
}

function isList(shape: Shape | readonly unknown[]): shape is readonly ['string' | Shape] {
  return Array.isArray(shape)
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}
