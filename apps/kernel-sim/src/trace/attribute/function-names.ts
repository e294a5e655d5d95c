/**
 * Function names: functions of the kernel by name, as ftrace's filters take them: a name, or the beginning of names with a `*` behind it.
 * The names are what a recording has; nothing else in it says what a function does.
 */
export class FunctionNames {
  readonly #names = new Set<string>()
  readonly #beginnings: string[] = []

  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) {
      if (pattern.endsWith('*')) this.#beginnings.push(pattern.slice(0, -1))
      else this.#names.add(pattern)
    }
  }

  has(name: string): boolean {
    return this.#names.has(name) || this.#beginnings.some((beginning) => name.startsWith(beginning))
  }
}
