/** Starts crew-thread.ts, which Node itself cannot read, in a thread of crew.test.ts. */
import { createJiti } from 'jiti'

await createJiti(import.meta.url).import(new URL('./crew-thread.ts', import.meta.url).href)
