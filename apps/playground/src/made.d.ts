/** Modules that build.mjs makes. */

declare module 'made:engine' {
  /** The engine as the text of a worker. */
  export const text: string
}

declare module 'made:cases' {
  export const cases: readonly {
    readonly number: string
    readonly name: string
    readonly summary: string
    /** The module of its text. */
    readonly module: string
    /** Which of the scenarios in that text it is. */
    readonly exported: string
  }[]
  export const policies: readonly import('@scopemask/kernel-sim/workbench').PolicyName[]
  /** By name of the module. */
  export const texts: Readonly<Record<string, string>>
}

declare module 'made:tour' {
  /** By stop, the text to begin with and one that passes. */
  export const texts: Readonly<Record<string, { readonly start: string; readonly solved: string }>>
}
