/** Plain name: a function as its source has it, without what a compiler appends to the names of copies and parts. */
const COMPILER_SUFFIX = /\.(isra|constprop|part|cold|llvm)\b.*$/

/** `bucket_table_alloc.isra.0` → `bucket_table_alloc`: what stays the same from one build of a kernel to the next. */
export function plainName(name: string): string {
  return name.replace(COMPILER_SUFFIX, '')
}
