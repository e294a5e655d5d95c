/**
 * Page allocations: the flags that the page allocator worked with, by the scope of the task. Whatever was asked for,
 * and by whom: inside a scope nothing may be left of what the scope forbids. That is checked for every one.
 */
import {
  __GFP_FS,
  __GFP_IO,
  __GFP_MOVABLE,
  type GfpClass,
  gfpClass,
  gfpMigratetype,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
} from '@scopemask/allocator/gfp'
import type { PageAllocEvent } from '../trace/event.js'
import { type Recordings, SeenIn } from './recordings.js'
import { Rows } from './rows.js'
import { isRestricted, scopeName } from './scope-name.js'

/** The page allocations in one scope with flags of one kind. */
export interface PageClassFact {
  readonly scope: string
  readonly class: GfpClass
  readonly fs: boolean
  readonly io: boolean
  readonly count: number
}

/** A rule about the flags in effect inside a scope, checked on every page allocation in one. */
export interface InvariantFact {
  readonly scope: string
  /** What must not be left. */
  readonly forbids: string
  readonly checked: number
  readonly violations: number
  /** The lines of the first violations. */
  readonly lines: readonly number[]
  /** The numbers of the recordings that have violations, from 0; the lines are of the first of them. */
  readonly seenIn: readonly number[]
}

export interface PageFacts {
  readonly total: number
  /** There was no page. */
  readonly failed: number
  readonly classes: readonly PageClassFact[]
  readonly invariants: readonly InvariantFact[]
  /**
   * Page allocations of tasks that are recorded to be in a scope with a rule: each counts once, also where it is in several.
   * And how many of them kept what one of their scopes forbids.
   */
  readonly inScopes: { readonly checked: number; readonly violations: number }
  /** Page allocations inside NOFS or NOIO scopes that the recording does not have, but functions on the stack tell. */
  readonly inInferredScopes: number
  /** How many were placed by the migratetype that their flags tell. */
  readonly migratetypeAgrees: number
}

/** How many lines of violations are remembered. */
const LINES = 3

/** What a scope takes away. */
interface Rule {
  readonly scope: string
  /** The task flag that marks the scope. */
  readonly flag: number
  /** The flags that must not be left, by name and as bits. */
  readonly forbids: string
  readonly bits: number
}

const RULES: readonly Rule[] = [
  { scope: 'NOFS', flag: PF_MEMALLOC_NOFS, forbids: '__GFP_FS', bits: __GFP_FS },
  {
    scope: 'NOIO',
    flag: PF_MEMALLOC_NOIO,
    forbids: '__GFP_IO|__GFP_FS',
    bits: __GFP_IO | __GFP_FS,
  },
  { scope: 'PIN', flag: PF_MEMALLOC_PIN, forbids: '__GFP_MOVABLE', bits: __GFP_MOVABLE },
]

class Invariant {
  readonly #rule: Rule
  readonly #seenIn: SeenIn
  #checked = 0
  #violations = 0
  readonly #lines: number[] = []

  constructor(rule: Rule, seenIn: SeenIn) {
    this.#rule = rule
    this.#seenIn = seenIn
  }

  /** Returns true if the page was allocated in this scope. */
  applies({ taskFlags = 0, flagsFrom }: PageAllocEvent): boolean {
    return flagsFrom === 'recorded' && (taskFlags & this.#rule.flag) !== 0
  }

  /** Checks a page in this scope. Returns true if it kept what the scope forbids. */
  check({ gfp, line }: PageAllocEvent): boolean {
    this.#checked++
    if (!(gfp & this.#rule.bits)) return false
    this.#violations++
    this.#seenIn.mark()
    if (this.#seenIn.numbers.length === 1 && this.#lines.length < LINES) this.#lines.push(line)
    return true
  }

  fact(): InvariantFact {
    return {
      scope: this.#rule.scope,
      forbids: this.#rule.forbids,
      checked: this.#checked,
      violations: this.#violations,
      lines: this.#lines,
      seenIn: this.#seenIn.numbers,
    }
  }
}

export class PageAudit {
  readonly #classes = new Rows(0, (scope: string, gfpClass: string, fs: string, io: string) => ({
    scope,
    class: gfpClass as GfpClass,
    fs: fs !== '',
    io: io !== '',
    count: 0,
  }))
  readonly #invariants: readonly Invariant[]
  #total = 0
  #failed = 0
  #inScopes = 0
  #violating = 0
  #inInferredScopes = 0
  #migratetypeAgrees = 0

  constructor(recordings: Recordings) {
    this.#invariants = RULES.map((rule) => new Invariant(rule, new SeenIn(recordings)))
  }

  add(page: PageAllocEvent): void {
    const { gfp } = page
    this.#total++
    if (page.failed) this.#failed++
    if (gfpMigratetype(gfp) === page.migratetype) this.#migratetypeAgrees++
    this.#checkScopes(page)
    this.#classes.of(
      scopeName(page.taskFlags),
      gfpClass(gfp),
      gfp & __GFP_FS ? 'fs' : '',
      gfp & __GFP_IO ? 'io' : '',
    ).count++
  }

  #checkScopes(page: PageAllocEvent): void {
    let inScope = false
    let violated = false
    for (const invariant of this.#invariants) {
      if (!invariant.applies(page)) continue
      inScope = true
      if (invariant.check(page)) violated = true
    }
    if (inScope) this.#inScopes++
    if (violated) this.#violating++
    if (page.flagsFrom !== 'recorded' && isRestricted(page.taskFlags)) this.#inInferredScopes++
  }

  facts(): PageFacts {
    return {
      total: this.#total,
      failed: this.#failed,
      classes: this.#classes.values().sort((a, b) => b.count - a.count),
      invariants: this.#invariants.map((invariant) => invariant.fact()),
      inScopes: { checked: this.#inScopes, violations: this.#violating },
      inInferredScopes: this.#inInferredScopes,
      migratetypeAgrees: this.#migratetypeAgrees,
    }
  }
}
