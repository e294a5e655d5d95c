/** Random access: bytes that can be read at any place, of a file or of memory. */
export interface RandomAccess {
  /** In bytes. */
  readonly size: number
  /** Returns the bytes from `offset` on; fewer than `length` where they end. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Bytes in memory. */
export function memoryAccess(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  }
}
