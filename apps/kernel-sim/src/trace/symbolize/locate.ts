/**
 * Locate: where the frames of a recording are in the binaries of its kernel. By symbol and offset, which holds wherever the kernel was
 * loaded; where a recording has addresses, the shift that KASLR gave it is found by comparing them with the symbols.
 */
import type { ElfSymbol } from './elf-symbols.js'
import { type FrameParts, frameParts } from './frame.js'

/** The functions of one binary that recordings name. */
export interface Binary {
  readonly path: string
  readonly functions: ReadonlyMap<string, readonly ElfSymbol[]>
}

/** Where a frame is. */
export interface Located {
  readonly frame: string
  readonly path: string
  /** The address to look up, as the binary has it. */
  readonly address: bigint
}

export interface Location {
  readonly located: readonly Located[]
  /** Frames of functions that no binary has. */
  readonly missing: number
  /** Frames of functions of which there are several that it could be. */
  readonly ambiguous: number
  /** Frames that are not in the function that they name: it is smaller in the binary than it was in the recorded kernel. */
  readonly contradicting: readonly string[]
}

/** The kernel is moved by whole pages. */
const PAGE = 0x1000n

/**
 * @param frames distinct ones, as stacks have them.
 * @param binaries the kernel first: a function that it has is not looked for in modules.
 */
export function locate(frames: readonly string[], binaries: readonly Binary[]): Location {
  const parts = frames.map((frame) => ({ frame, ...frameParts(frame) }))
  const [kernel] = binaries
  const shifts = new Map(
    binaries.map((binary) => [binary, shiftOf(parts, binary, binary === kernel)]),
  )
  const located: Located[] = []
  const contradicting: string[] = []
  let missing = 0
  let ambiguous = 0
  for (const part of parts) {
    const binary = binaries.find(({ functions }) => functions.has(part.fn))
    const symbols = binary?.functions.get(part.fn) ?? []
    if (binary === undefined) {
      missing++
      continue
    }
    const fitting = symbols.filter((symbol) => fits(part, symbol))
    const shift = shifts.get(binary)
    const [only, ...others] = fitting
    if (part.address !== undefined && shift !== undefined) {
      const address = unmoved(part.address, symbols, shift)
      if (address === undefined) contradicting.push(part.frame)
      else located.push({ frame: part.frame, path: binary.path, address })
    } else if (part.address !== undefined && binary !== kernel) ambiguous++
    else if (part.address !== undefined || only === undefined) contradicting.push(part.frame)
    else if (others.length > 0) ambiguous++
    else located.push({ frame: part.frame, path: binary.path, address: addressOf(part, only) })
  }
  return { located, missing, ambiguous, contradicting }
}

/** A return address is behind its call: the byte before it is in the call. A function alone is where it begins. */
function addressOf({ offset }: FrameParts, { value }: ElfSymbol): bigint {
  return value + (offset === undefined || offset === 0 ? 0n : BigInt(offset) - 1n)
}

/** Returns true if a frame can be in the function of this symbol. */
function fits({ offset, size }: FrameParts, symbol: ElfSymbol): boolean {
  if (size !== undefined && symbol.size > 0 && !isSize(size, symbol.size)) return false
  return offset === undefined || symbol.size === 0 || offset <= symbol.size
}

/** kallsyms knows no sizes and takes all up to the next symbol, so that padding counts. */
function isSize(recorded: number, size: number): boolean {
  return recorded >= size && recorded - size < 64
}

/** The address of the call before a recorded address, if it lies in a function of its name. */
function unmoved(
  address: bigint,
  symbols: readonly ElfSymbol[],
  shift: bigint,
): bigint | undefined {
  const inBinary = address - shift - 1n
  return symbols.some(
    ({ value, size }) => inBinary >= value && (size === 0 || inBinary < value + BigInt(size)),
  )
    ? inBinary
    : undefined
}

/**
 * By how much a binary was moved: each frame with an address is somewhere in its function, which leaves an interval for the
 * shift, and the intervals of all have one in common. Undefined where there are no addresses, where they have none in common, or
 * where a module could be on several pages.
 */
function shiftOf(
  parts: readonly FrameParts[],
  { functions }: Binary,
  isKernel: boolean,
): bigint | undefined {
  let least: bigint | undefined
  let most: bigint | undefined
  for (const { fn, address } of parts) {
    const [symbol, ...others] = functions.get(fn) ?? []
    if (address === undefined || symbol === undefined || others.length > 0) continue
    if (symbol.size === 0) continue
    const highest = address - symbol.value
    const lowest = highest - BigInt(symbol.size)
    least = least === undefined || lowest > least ? lowest : least
    most = most === undefined || highest < most ? highest : most
  }
  if (least === undefined || most === undefined || least > most) return undefined
  const shift = roundest(least, most)
  if (isKernel || shift === undefined) return shift
  return shift - PAGE < least && shift + PAGE > most ? shift : undefined
}

/** The multiple of the largest power of two between two numbers: kernels are aligned to 2 MiB, or as much as there is. */
function roundest(least: bigint, most: bigint): bigint | undefined {
  for (let unit = PAGE << 20n; unit >= PAGE; unit >>= 1n) {
    const up = ((least + unit - 1n) / unit) * unit
    const candidate = least <= 0n && most >= 0n ? 0n : up
    if (candidate >= least && candidate <= most) return candidate
  }
  return undefined
}
