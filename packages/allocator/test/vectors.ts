/** Vectors: inputs and outputs of the kernel's own code, printed by a program compiled from it (data/README.md). */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect } from 'vitest'

type Vector = readonly [inputs: readonly never[], outputs: readonly unknown[]]

/** The vectors of one kernel function. */
function vectors(name: string): readonly Vector[] {
  const file = new URL(`data/${name}.json.gz`, import.meta.url)
  const { vectors: all } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as {
    vectors: readonly Vector[]
  }
  if (all.length === 0) throw new Error(`no vectors in ${file.pathname}`)
  return all
}

/** Expects `ours` to give the outputs of every vector; the first few that differ are shown. */
export function agree(name: string, ours: (...inputs: never[]) => readonly unknown[]): void {
  const differences: unknown[] = []
  for (const [inputs, kernel] of vectors(name)) {
    const output = ours(...(inputs as never[]))
    if (JSON.stringify(output) !== JSON.stringify(kernel)) {
      differences.push({ inputs, kernel, ours: output })
    }
  }
  expect(differences.slice(0, 5), `${differences.length} vectors differ`).toEqual([])
}
