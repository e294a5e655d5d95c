import { describe, expect, it } from 'vitest'
import { html } from '../../../src/report/form/html.js'

describe('html', () => {
  it('escapes all that is inserted, and nothing else', () => {
    expect(String(html`<p title="${`"'`}">${'<b>&amp;'}</p>`)).toBe(
      '<p title="&quot;&#39;">&lt;b&gt;&amp;amp;</p>',
    )
  })

  it('inserts what a template made as it is, alone and in lists', () => {
    const item = html`<li>${'<'}</li>`
    expect(String(html`<ul>${[item, [item, '>', 7]]}${item}</ul>`)).toBe(
      '<ul><li>&lt;</li><li>&lt;</li>&gt;7<li>&lt;</li></ul>',
    )
  })

  it('shows that there was a control character', () => {
    expect(String(html`${'a\u0000\u001b\tb\n\u009f'}`)).toBe('a\ufffd\ufffd\tb\n\ufffd')
  })
})
