/**
 * Hostile: how decoders touch what comes from outside. They read own data properties only, call nothing that an
 * object brings along where that can be helped, and whatever it does, a DecodeError is all that comes of it.
 */
import type { Domain } from './domain.js'
import { DecodeError, type DecodeReason } from './errors.js'

/**
 * The values of an object that has these properties and no other. One that it lacks is undefined, as
 * JSON leaves such out.
 */
export function ownData<N extends string>(
  domain: Domain<N>,
  input: unknown,
  names: readonly string[],
): readonly unknown[] {
  const values = attempt(() => {
    const keys = Reflect.ownKeys(input as object)
    const only = keys.length <= names.length && keys.every((key) => names.includes(String(key)))
    return only ? names.map((name) => ownValue(input as object, name)) : undefined
  })
  if (values === undefined) {
    throw refuse(domain, 'malformed', `it is not an object with just ${names.join(', ')}`)
  }
  return values
}

/** The value of an own data property, or undefined: getters are not called. */
export function ownValue(object: object, name: string): unknown {
  const property = Reflect.getOwnPropertyDescriptor(object, name)
  return property !== undefined && Object.hasOwn(property, 'value') ? property.value : undefined
}

/** True if an object has an own property that can be read without calling anything. */
export function isData(object: object, name: string): boolean {
  const property = Reflect.getOwnPropertyDescriptor(object, name)
  return property !== undefined && Object.hasOwn(property, 'value')
}

/** What `read` returns; undefined when it throws. A proxy may throw anything, even what cannot be looked at. */
export function attempt<R>(read: () => R): R | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

export function refuse<N extends string>(
  domain: Domain<N>,
  reason: DecodeReason,
  why: string,
): DecodeError {
  return new DecodeError(reason, `this is not a conveyance of ${domain.name}: ${why}`)
}

/** Names what came from outside, which the caller found short enough: only what is printable ASCII of it. */
export function quote(text: string): string {
  return `"${text.replace(/[^ !#-[\]-~]/g, '?')}"`
}
