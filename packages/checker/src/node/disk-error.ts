/** Disk error: what the operating system refuses. It is the user's to mend. */
export class DiskError extends Error {
  /** @param cause what the operating system has said. */
  constructor(
    /** The file or folder. */
    readonly path: string,
    /** What cannot be done with it: `written`. */
    readonly refused: string,
    cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${path} cannot be ${refused}: ${why}`, { cause })
    this.name = 'DiskError'
  }
}

/** Does something with a file or folder. @param done what is done with it: `written`. @throws DiskError when that fails. */
export function onDisk<T>(path: string, done: string, act: () => T): T {
  try {
    return act()
  } catch (thrown) {
    throw new DiskError(path, done, thrown)
  }
}
