/**
 * The face of @scopemask/allocator: all of its parts. Each is an entry of its own too.
 * @packageDocumentation
 * @mergeModuleWith <project>
 */
export * from './gfp.js'
export * from './pages.js'
export * from './slab.js'
export * from './views.js'
