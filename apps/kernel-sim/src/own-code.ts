/** Own code: where this package's code lies, so that errors name lines of the scenario and not of the kernel. */

/** The folders, as paths: rooms of the source, what is bundled, and the command. Source maps make one of the other. */
export function ownCode(): readonly string[] {
  const root = new URL('..', import.meta.url).pathname
  return ['src/kernel/', 'src/matrix/', 'dist/', 'bin/'].map((folder) => root + folder)
}
