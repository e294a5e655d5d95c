/** Process: runs one model with one library, in rounds; prints what the quickest did. */
const [module, model, until, rounds] = process.argv.slice(2)
const { [model]: run } = await import(new URL(module, import.meta.url))
let best = { done: 0, seconds: Number.POSITIVE_INFINITY }
for (let round = 0; round < Number(rounds); round++) {
  const began = performance.now()
  const done = await run(Number(until))
  const seconds = (performance.now() - began) / 1000
  if (seconds < best.seconds) best = { done, seconds }
}
console.log(JSON.stringify(best))
