/** Disk error: what the operating system refuses, in one sentence: it is the user's to mend. */
export class DiskError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DiskError'
  }
}

/** Does something with a file. @throws DiskError that says what could not be done, and why. */
export function onDisk<T>(path: string, done: string, act: () => T): T {
  try {
    return act()
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw new DiskError(`${path} cannot be ${done}: ${why}`, { cause: thrown })
  }
}
