/** Table view: the arrays of a table of states, for threads that share it. */

/** What another thread has to see to look states up and to add some. */
export interface TableView {
  /** How many words a row has. */
  readonly words: number
  /** The rows of all states, one after the other. */
  readonly rows: Int32Array
  /** The state that each was reached from. */
  readonly parents: Int32Array
  /** Numbers and tags of states, by hash. */
  readonly slots: Int32Array
}
