/**
 * Fields: what a context is restricted by, for logs (pino, winston) and for spans of OpenTelemetry.
 * @module fields
 */
import type { Context } from '../context.js'

/** Fields for a log line. */
export interface LogFields {
  /** All of them together, under one key. */
  readonly scopemask: {
    /** The name of the domain. */
    readonly domain: string
    /** The name of the context. */
    readonly context: string
    /** The names of the flags that are in force, by bit. */
    readonly flags: readonly string[]
  }
}

/**
 * For a logger: `pino({ mixin: () => logFields(context) })`, `winston.createLogger({ defaultMeta: logFields(context) })`,
 * or a child logger of a request.
 */
export function logFields<N extends string>(context: Context<N>): LogFields {
  const { domain, name } = context
  return { scopemask: { domain: domain.name, context: name, flags: namesOf(context) } }
}

/** Attributes for a span: `span.setAttributes(spanAttributes(context))`. */
export function spanAttributes<N extends string>(
  context: Context<N>,
): Record<string, string | string[]> {
  const { domain, name } = context
  return {
    'scopemask.domain': domain.name,
    'scopemask.context': name,
    'scopemask.flags': namesOf(context),
  }
}

/** The names of the flags in force. */
function namesOf<N extends string>({ domain, mask }: Context<N>): string[] {
  return mask === 0 ? [] : domain.format(mask).split('|')
}
