/** Ftrace stack: the frames of a stack in the text of ftrace, a line each. */
import { probedBy, withoutProbes } from '../attribute/probe-functions.js'
import type { Names } from '../names.js'
import { Stack } from '../stack.js'
import type { StackText } from './stack-text.js'
import { eventName } from './tracepoints.js'

/** How many frames trace-cmd without its plugins prints: as many as the format of the event declares. */
const DECLARED_FRAMES = 8

/** ` => kmem_cache_alloc_noprof`, or `=> kmem_cache_alloc (ffffffff81234567)` from trace-cmd. */
export function readStack(lines: readonly string[], names: Names): StackText {
  const frames: string[] = []
  const strange: { at: number; text: string }[] = []
  for (const [at, line] of lines.entries()) {
    const [, name, address] = /^[>\s]*=> +(\S+)(?: [(<]([\da-f]+)[)>])?/.exec(line) ?? []
    if (name === undefined) strange.push({ at, text: line })
    // What fills up the frames that trace-cmd prints without its plugins.
    else if (name !== '0x0') frames.push(address === undefined ? name : `${name}@${address}`)
  }
  const probe = probedBy(frames)
  const cut = frames.length === DECLARED_FRAMES && lines[0]?.startsWith('\t=>') === true
  return {
    stack: new Stack(withoutProbes(frames), cut, names),
    lines: lines.length,
    strange,
    probe: probe === undefined ? undefined : eventName(probe).name,
  }
}
