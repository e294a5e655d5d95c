/** What users bring: the one file of the tests that loads AsyncLocalStorage, for what follows it and what is compared with it. */
export { AsyncLocalStorage } from 'node:async_hooks'
