/** The packages in a real browser: their bundle runs in a page of headless Chromium, which has to be installed. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Consumer, libraries, printed } from '../test/consumer.js'
import { succeed, write } from '../test/workspace.js'

const consumer = new Consumer()
beforeAll(() => consumer.install(libraries))
afterAll(() => consumer.remove())

test('the bundle runs in Chromium', async () => {
  const script = await consumer.bundle()
  write(consumer.folder, {
    'page.html': `<!doctype html>
<meta charset="utf-8">
<pre></pre>
<script>
  console.log = (line) => { document.querySelector('pre').textContent += line + '\\n' }
  onerror = console.log
</script>
<script>${script.replaceAll('</script', '<\\/script')}</script>
`,
  })
  const page = await succeed(
    process.env.CHROMIUM ?? 'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${join(consumer.folder, 'profile')}`,
      '--dump-dom',
      `file://${join(consumer.folder, 'page.html')}`,
    ],
    consumer.folder,
  )
  expect(page).toContain(`<pre>${printed}</pre>`)
})
