/** Migrate hooks: what compaction asks of those who own pages. */

/** All may be left out. */
export interface MigrateHooks {
  /**
   * The content of a page moves to another one: from now on its owner knows it by that number (migrate_folio). Both are single
   * pages, and their flags move too. Returns false for a page that cannot be moved now: then `to` is not used. Without this hook no
   * page is ever moved, since its owner would not learn of it.
   */
  migrate?(from: number, to: number): boolean
}
