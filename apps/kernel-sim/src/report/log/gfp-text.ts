/** Gfp text: what a request's flags are in one kernel, or in all of them, and what it may do in a scope and outside. */
import {
  formatGfp,
  formatGfpTrace,
  type GfpLayout,
  type GfpMeaning,
  gfpMeaning,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  type TaskFlags,
} from '@scopemask/allocator'
import { section } from '../form/page.js'
import { table, text } from '../form/table.js'
import { partText, sectionText } from '../form/text.js'

/** The scopes that a request is seen through. */
const SCOPES: readonly (readonly [heading: string, flags: TaskFlags])[] = [
  ['no scope', 0 as TaskFlags],
  ['NOFS scope', PF_MEMALLOC_NOFS],
  ['NOIO scope', PF_MEMALLOC_NOIO],
]

/** What a request may do, one line each. */
const ABILITIES: readonly (readonly [what: string, of: (meaning: GfpMeaning) => string])[] = [
  ['reclaims itself, and sleeps', ({ directReclaim }) => yes(directReclaim)],
  ['wakes kswapd', ({ wakesKswapd }) => yes(wakesKswapd)],
  ['its reclaim starts I/O', ({ io }) => yes(io)],
  ['its reclaim enters the filesystem', ({ fs }) => yes(fs)],
  ['may use of the reserves', ({ reserves }) => reserves],
  ['tries', ({ effort }) => effort],
  ['a failure is logged', ({ warns }) => yes(warns)],
  ['called', (meaning) => meaning.class],
]

/** A number in one kernel. */
export function gfpInKernel(layout: GfpLayout, gfp: number): string {
  const single = bitByBit(layout, gfp)
  const named = formatGfp(layout, gfp)
  const traced = formatGfpTrace(layout, gfp)
  const meanings = SCOPES.map(([, flags]) => gfpMeaning(layout, gfp, flags))
  return [
    `0x${gfp.toString(16)} in Linux ${layout.kernel}: ${named || 'nothing'}\n`,
    ...(single === named ? [] : [`  bit by bit: ${single || 'nothing'}\n`]),
    ...(traced === named || named === '' ? [] : [`  in tracepoints: ${traced}\n`]),
    ...SCOPES.slice(1).map(
      ([heading], i) => `  in a ${heading}: ${hexAndNames(layout, meanings[i + 1]?.gfp ?? 0)}\n`,
    ),
    '\n',
    partText(
      table(
        [
          ...ABILITIES.map(([what, of]) => ({
            what,
            of: (i: number) => of(meanings[i] as GfpMeaning),
          })),
        ],
        {
          caption: 'What the request may do',
          columns: [
            text('the request', ({ what }) => what),
            ...SCOPES.map(([heading], i) =>
              text<{ of: (i: number) => string }>(heading, ({ of }) => of(i)),
            ),
          ],
        },
      ),
    ),
    ...scopeNote(layout),
  ].join('')
}

/** The same number in all kernels: those that read it alike in one row. */
export function gfpInAllKernels(
  gfp: number,
  layouts: readonly { readonly kernels: string; readonly layout: GfpLayout }[],
): string {
  return sectionText(
    section('kernels', `0x${gfp.toString(16)} by kernel`, [
      table(layouts, {
        caption: 'The names by kernel',
        columns: [
          text('Linux', ({ kernels }) => kernels),
          text('called', ({ layout }) => gfpMeaning(layout, gfp).class),
          text('names', ({ layout }) => formatGfp(layout, gfp) || 'nothing'),
        ],
      }),
      'Give --kernel for what the request may do in one of them.',
    ]) as NonNullable<ReturnType<typeof section>>,
  )
}

function hexAndNames(layout: GfpLayout, gfp: number): string {
  return `0x${gfp.toString(16)} ${formatGfp(layout, gfp) || 'nothing'}`
}

/** The names of single bits, where the kernel prints a combination. */
function bitByBit(layout: GfpLayout, gfp: number): string {
  const flags = Object.entries(layout.flags).filter(
    ([name, mask]) => name.startsWith('__GFP_') && mask !== 0 && (mask & (mask - 1)) === 0,
  )
  const names: string[] = []
  let rest = gfp
  for (let bit = 0; bit < 32 && rest !== 0; bit++) {
    const mask = (1 << bit) >>> 0
    if ((rest & mask) === 0) continue
    rest = (rest & ~mask) >>> 0
    names.push(flags.find(([, value]) => value >>> 0 === mask)?.[0] ?? `0x${mask.toString(16)}`)
  }
  return names.join('|')
}

/** Since when there are scopes (21caf2fc1931, 7dea19f9ee63). */
function scopeNote({ kernel }: GfpLayout): string[] {
  const [major = 0, minor = 0] = kernel.split(/[. ]/).map(Number)
  const before = (a: number, b: number) => major < a || (major === a && minor < b)
  if (before(3, 9))
    return [
      '\n  This kernel has no scopes: memalloc_noio_save() is of 3.9, memalloc_nofs_save() of 4.12.\n',
    ]
  if (before(4, 12))
    return ['\n  This kernel has NOIO scopes only: memalloc_nofs_save() is of 4.12.\n']
  return []
}

function yes(is: boolean): string {
  return is ? 'yes' : 'no'
}
