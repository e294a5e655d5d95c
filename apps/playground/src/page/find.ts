/** Find: an element of the page by its id. */

/** @throws Error when there is none, or it is of another kind. */
export function find<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`the page has no ${id}`)
}
