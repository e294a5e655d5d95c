/** Says where the built page is. */
import { fileURLToPath } from 'node:url'

const page = fileURLToPath(new URL('dist/index.html', import.meta.url))
console.log(
  `\nTo touch it: open ${page} in a browser. It checks these cases and your own, and walks through them.`,
)
