/** Parameters: what a scenario can be built with, by name, and what is given for them as text. */

/** What a parameter can be. */
export type ParameterValue = number | string | boolean

/** The values that each parameter takes, by its name. The first is what it is when nobody says otherwise. */
export type Parameters = Readonly<Record<string, readonly ParameterValue[]>>

/** A value for each parameter. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>

/**
 * What `build` is given for parameters: one of the values of each.
 * @typeParam P the parameters.
 */
export type ValuesOf<P extends Parameters> = { readonly [K in keyof P]: P[K][number] }

const NAME = /^[A-Za-z][\w-]{0,39}$/
/** Nobody writes down more by hand, and a table has no room for more. */
const MOST_PARAMETERS = 16
const MOST_VALUES = 256
const LONGEST = 100

/** @throws TypeError for parameters that are malformed, in one sentence. */
export function assertParameters(parameters: unknown): asserts parameters is Parameters {
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw new TypeError('its parameters are not a map: write parameters: { writers: [1, 2, 4] }')
  }
  const entries: [string, unknown][] = Object.entries(parameters)
  if (entries.length > MOST_PARAMETERS) {
    throw new TypeError(`it has ${entries.length} parameters, and ${MOST_PARAMETERS} are the most`)
  }
  for (const [name, values] of entries) {
    if (!NAME.test(name)) {
      throw new TypeError(
        `"${name}" is not a name of a parameter: use letters, digits, dashes and underscores, a letter first`,
      )
    }
    if (!Array.isArray(values) || values.length === 0 || values.length > MOST_VALUES) {
      throw new TypeError(
        `parameter ${name} takes a list of values, 1 to ${MOST_VALUES} of them, the default first`,
      )
    }
    assertValues(name, values)
  }
}

function assertValues(name: string, values: readonly unknown[]): void {
  const [first] = values
  if (!values.every(isValue)) {
    throw new TypeError(
      `the values of parameter ${name} are numbers, true and false, or texts of at most ${LONGEST} characters on one line`,
    )
  }
  if (values.some((value) => typeof value !== typeof first)) {
    throw new TypeError(`the values of parameter ${name} are of one type`)
  }
  if (new Set(values).size < values.length) {
    throw new TypeError(`parameter ${name} has a value twice`)
  }
}

function isValue(value: unknown): value is ParameterValue {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'boolean') return true
  return typeof value === 'string' && /^[^\p{Cc}]+$/u.test(value) && value.length <= LONGEST
}

/** What each parameter is when nobody says otherwise. */
export function defaultsOf(parameters: Parameters): ParameterValues {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, [first]]) => [name, first as ParameterValue]),
  )
}

/** What is chosen for some parameters: values, or the texts of a command line. */
export type Chosen = Readonly<Record<string, ParameterValue>>

/**
 * A value for each parameter.
 * @param chosen those that are not as by default.
 * @throws RangeError in one sentence for a parameter or a value that there is not.
 */
export function valuesOf(parameters: Parameters, chosen: Chosen): ParameterValues {
  const values: Record<string, ParameterValue> = { ...defaultsOf(parameters) }
  for (const [name, given] of Object.entries(chosen)) {
    const choices = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    if (choices === undefined) {
      const names = Object.keys(parameters)
      const known = names.length === 0 ? 'it takes none' : `it has ${names.join(', ')}`
      throw new RangeError(`there is no parameter ${name}; ${known}`)
    }
    const value = choices.find((choice) => choice === given || String(choice) === given)
    if (value === undefined) {
      throw new RangeError(`${name} takes ${choices.join(', ')}; ${given} is not one of them`)
    }
    values[name] = value
  }
  return values
}

/** Values as they are printed: `writers=2, depth=1`; empty for none. */
export function settingsText(values: ParameterValues): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}

/** All combinations of the values of parameters, the last one changing fastest; one empty combination for none. */
export function* combinations(parameters: Parameters): Generator<ParameterValues> {
  const entries = Object.entries(parameters)
  const at = entries.map(() => 0)
  for (;;) {
    yield Object.fromEntries(
      entries.map(([name, values], i) => [name, values[at[i] ?? 0] as ParameterValue]),
    )
    let i = entries.length - 1
    for (; i >= 0; i--) {
      const next = (at[i] ?? 0) + 1
      at[i] = next
      if (next < (entries[i]?.[1].length ?? 0)) break
      at[i] = 0
    }
    if (i < 0) return
  }
}
