/** Turn: whose turn it was in a schedule, and which turn of those that were open. */
export interface Turn {
  readonly task: number
  readonly outcome: number
}
