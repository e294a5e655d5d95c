/**
 * Decompress: the compressed parts of a trace.dat. Each says how large it is unpacked, which its zstd frames do not. A WASM
 * decoder reads them three times as fast as the JavaScript one that streams (measured on 125 MB of pages).
 */
import { ZSTDDecoder } from 'zstddec'
import { DatError } from './dat-error.js'

/** How the parts of a file are compressed. */
export type DatCompression = 'none' | 'zstd' | 'zlib'

/** Returns the unpacked bytes. @throws DatError when they cannot be unpacked, or are not as many as said. */
export type Decompress = (packed: Uint8Array, size: number) => Promise<Uint8Array>

/** No part is as large as this: a damaged size must not take all memory. */
const MOST = 1 << 29

export async function decompressor(compression: DatCompression): Promise<Decompress> {
  const unpack = await unpackerOf(compression)
  return async (packed, size) => {
    if (size > MOST) throw new DatError('a compressed part of it claims an impossible size')
    let unpacked: Uint8Array
    try {
      unpacked = await unpack(packed, size)
    } catch (thrown) {
      throw new DatError(`a compressed part of it is damaged (${(thrown as Error).message})`)
    }
    if (unpacked.length !== size) throw new DatError('a compressed part of it is damaged')
    return unpacked
  }
}

async function unpackerOf(
  compression: DatCompression,
): Promise<(packed: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>> {
  switch (compression) {
    case 'none':
      return (packed) => packed
    case 'zstd': {
      const decoder = new ZSTDDecoder()
      await decoder.init()
      return (packed, size) => decoder.decode(packed, size)
    }
    case 'zlib':
      return inflate
  }
}

async function inflate(packed: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([Uint8Array.from(packed)])
    .stream()
    .pipeThrough(new DecompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
