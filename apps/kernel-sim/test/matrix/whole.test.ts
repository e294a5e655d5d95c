/**
 * The whole matrix is searched once for all that looks at it: what is imported here is not searched again, as it would be by each
 * worker that has a file of its own.
 */
import './whole/cases.js'
import './whole/exhibit.js'
import './whole/demo.js'
import './whole/rename.js'
import './whole/explain.js'
