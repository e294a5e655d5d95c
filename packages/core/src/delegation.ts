/**
 * The face of @scopemask/core/delegation: the kinds of delegation on top of conveyances.
 * @module delegation
 */
export { type HandOff, type HandOffOptions, handOff } from './hand-off.js'
export { inherit } from './inherit.js'
export { merge } from './merge.js'
export { runAdopted } from './run-adopted.js'
export { type Transfer, transfer } from './transfer.js'
