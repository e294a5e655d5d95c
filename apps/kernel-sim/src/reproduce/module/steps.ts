/** Steps: the steps that actors stop before, each with a name in C. A step is told from others by what it does, not by its text. */
import { formatGfp } from '@scopemask/allocator'
import type { MachineObject } from '@scopemask/checker/machine'
import { LAYOUT } from '../../kernel/memory/gfp.js'
import type { KernelOperation } from '../../kernel/operation.js'
import { quoted } from './c-text.js'
import { callOf } from './forms.js'
import { Refused } from './refused.js'

/** What a step is: an operation, an allocation, or the beginning or end of an item. */
type Does =
  | KernelOperation
  | { readonly gfp: number }
  | { readonly begins: MachineObject }
  | { readonly finishes: MachineObject }

export class Steps {
  readonly #names = new Map<string | KernelOperation, string>()
  readonly #lines: string[] = []

  /** The C name of a step. */
  of(does: Does): string {
    const key = keyOf(does)
    let name = this.#names.get(key)
    if (name === undefined) {
      name = `step${this.#names.size}`
      this.#names.set(key, name)
      this.#lines.push(`static const struct ksim_op ${name} = { ${quoted(textOf(does))} };`)
    }
    return name
  }

  /** Defines all steps that were asked for. */
  get lines(): readonly string[] {
    return this.#lines
  }
}

function keyOf(does: Does): string | KernelOperation {
  if ('gfp' in does) return `gfp ${does.gfp}`
  if ('begins' in does) return `begins ${does.begins.id}`
  return 'finishes' in does ? `finishes ${does.finishes.id}` : does
}

function textOf(does: Does): string {
  if ('gfp' in does) return `kmalloc(${gfpText(does.gfp)})`
  if ('begins' in does) return `process_one_work(${does.begins})`
  if ('finishes' in does) return `finish_work(${does.finishes})`
  const says = callOf(does)?.says
  return says === undefined ? `${does}` : `${says}(${does.object})`
}

/** The flags that have a name each, so that any of them can be written down. */
const NAMED = LAYOUT.printk.reduce(
  (named, [, mask]) => ((mask & (mask - 1)) === 0 ? named | mask : named),
  0,
)

/** Flags as C has them. @throws Refused for flags that no header of a kernel names. */
export function gfpText(gfp: number): string {
  const text = formatGfp(LAYOUT, gfp)
  if ((gfp & ~NAMED) !== 0)
    throw new Refused(`gfp ${text}`, 'these flags have no name in the headers of a kernel')
  return text === '' ? '0' : text
}
