/** Damaged file: what a file says is not what was written to it, or it is of something else. Nothing of it can be used. */

/** What is wrong with a file: `foreign` says that something else has written it. */
export type Fault = 'damaged' | 'foreign' | 'version'

/** A file that cannot be gone on from. The user may name another one, or remove it. */
export class DamagedFile extends Error {
  constructor(
    /** The file or folder. */
    readonly path: string,
    /** What is wrong with it. */
    readonly fault: Fault,
    /** What version it is of, and which one can be read, where these differ. */
    readonly versions: {
      /** The version of the file. */
      readonly found: number
      /** The version that can be read. */
      readonly readable: number
    } | null = null,
  ) {
    super(
      versions === null
        ? `${path} is ${fault}`
        : `${path} is of version ${versions.found}, and version ${versions.readable} can be read`,
    )
    this.name = 'DamagedFile'
  }
}
