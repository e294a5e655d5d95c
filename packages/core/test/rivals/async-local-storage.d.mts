/** As much of it as the tests use: Node's types are installed without it. */
export declare class AsyncLocalStorage<T> {
  static bind<F extends (...args: never) => unknown>(fn: F): F
  static snapshot(): <R, A extends unknown[]>(fn: (...args: A) => R, ...args: A) => R
  run<R>(store: T, fn: () => R): R
  getStore(): T | undefined
  enterWith(store: T): void
  exit<R>(fn: () => R): R
}
