/** Source line: the line of source that a return address came from, and those of the functions that it was inlined into. */

export interface SourceLine {
  readonly fn: string
  /** From the top of the kernel tree, if the path tells where that is. */
  readonly file: string
  /** From 1; 0 where the debug information does not tell. */
  readonly line: number
}

/** The lines of each frame, the innermost inlined function first and the function on the stack last. */
export type SourceLines = ReadonlyMap<string, readonly SourceLine[]>

/** The folders at the top of a kernel tree. */
const TOP = new Set(
  (
    'arch block certs crypto drivers fs include init io_uring ipc kernel lib mm net rust samples scripts security sound tools ' +
    'usr virt'
  ).split(' '),
)

/** The paths without the folder that the kernel was built in: the one in front of a folder at the top, as most paths have it. */
export function withoutBuildFolder(lines: SourceLines): Map<string, SourceLine[]> {
  const files = new Set([...lines.values()].flat().map(({ file }) => normal(file)))
  const counts = new Map<string, number>()
  for (const file of files) {
    const parts = file.split('/')
    parts.forEach((part, at) => {
      if (!TOP.has(part) || at === parts.length - 1) return
      const folder = parts.slice(0, at).join('/')
      counts.set(folder, (counts.get(folder) ?? 0) + 1)
    })
  }
  const [folder = ''] =
    [...counts].sort((a, b) => b[1] - a[1] || b[0].length - a[0].length)[0] ?? []
  const short = (file: string) => {
    const path = normal(file)
    return folder !== '' && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path
  }
  return new Map(
    [...lines].map(([frame, each]) => [
      frame,
      each.map(({ fn, file, line }) => ({ fn, file: short(file), line })),
    ]),
  )
}

/** A path without `.` and `..`. */
function normal(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '' && parts.at(-1) !== '..')
      parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}
