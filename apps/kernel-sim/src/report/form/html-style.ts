/** HTML style: how a page and its pictures look, light or dark as the reader's system is, and in print. */
export const HTML_STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --stripe: #f6f8fa;
  --link: #0550ae; --good: #116329; --bad: #a40e26; --unsure: #7d4e00 }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3; --soft: #9da7b3; --line: #3d444d;
  --stripe: #161b22; --link: #79b8ff; --good: #56d364; --bad: #ff8a80; --unsure: #e3b341 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 88rem; padding: 1rem 1.5rem 4rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; overflow-wrap: anywhere }
h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
a { color: var(--link) }
p, li { max-width: 75ch } p, li, h2, figcaption { overflow-wrap: anywhere } nav ul { columns: 24rem; column-gap: 2.5rem }
code { font: .875em/1.5 ui-monospace, monospace; unicode-bidi: isolate }
td code, th code { white-space: nowrap }
.scroll { overflow: auto; margin: 1rem 0 }
.scroll:has(> table) { max-height: 85vh }
.marks { font-size: 1.15rem; margin: .5rem 0 } .marks span { display: inline-block }
table { border-collapse: collapse; font-size: .875rem }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; white-space: nowrap }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; font-weight: normal;
  border-bottom: 1px solid var(--line) }
thead th { font-weight: 600; vertical-align: bottom; position: sticky; top: 0; z-index: 1; background: var(--back);
  box-shadow: inset 0 -1px var(--line) }
tbody tr:nth-child(even):not(.stacks) { background: var(--stripe) } .stacks td { padding-left: 1rem }
.stacks details { display: inline-block; vertical-align: top; margin-right: 1rem } .stacks details[open] { display: block }
.stacks code { white-space: normal; overflow-wrap: anywhere }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.share { display: flex; justify-content: space-between; align-items: center; gap: .75rem }
.good { color: var(--good) } .bad { color: var(--bad); font-weight: 600 } .unsure { color: var(--unsure) }
.soft { color: var(--soft) }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer;
  text-decoration: underline dotted }
[aria-sort=ascending] button::after { content: ' ↑' / '' } [aria-sort=descending] button::after { content: ' ↓' / '' }
.filter { margin: 1rem 0 -0.5rem }
input { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--soft); border-radius: .25rem }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
summary { cursor: pointer; white-space: nowrap }
details ol { margin: .25rem 0 .75rem; padding-left: 2.5rem }
h3 { font-size: 1.05rem; margin: 2rem 0 .5rem }
pre { font: .8rem/1.4 ui-monospace, monospace; margin: 0 }
:root { --k0: #0550ae; --k1: #a0400e; --k2: #116329; --k3: #8250df; --k4: #a40e26; --k5: #0a6c74; --k6: #7d4e00; --k7: #99286e;
  --lane-a: #f3f5f8; --lane-b: #fafbfc; --slice: #ffffffa0; --now: #fff3b0 }
@media (prefers-color-scheme: dark) { :root { --k0: #79b8ff; --k1: #ffa657; --k2: #56d364; --k3: #d2a8ff; --k4: #ff8a80; --k5: #56d4dd;
  --k6: #e3b341; --k7: #ff9bce; --lane-a: #161b22; --lane-b: #12161d; --slice: #ffffff0c; --now: #4a3f00 } }
.k0 { --k: var(--k0) } .k1 { --k: var(--k1) } .k2 { --k: var(--k2) } .k3 { --k: var(--k3) } .k4 { --k: var(--k4) }
.k5 { --k: var(--k5) } .k6 { --k: var(--k6) } .k7 { --k: var(--k7) } .kunknown { --k: var(--soft) }
figure { margin: 1rem 0; max-width: 100% } figcaption { color: var(--soft); font-size: .875rem }
figure .scroll { margin: .25rem 0 }
.pictures { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: flex-start }
.picture { display: block; font: 11px ui-monospace, monospace }
.picture text { fill: var(--text) } .picture .lane-name { font-weight: 600; font-size: 12px }
.picture a { text-decoration: none } .picture a:hover text, .picture a:focus-visible text { text-decoration: underline }
.picture .link, .picture .step-number { fill: var(--link) }
.lane-even { fill: var(--lane-a) } .lane-odd { fill: var(--lane-b) }
.slice { fill: var(--slice); stroke: var(--line) } .picture .frame-name { fill: var(--soft); font-style: italic }
.thread { stroke: var(--line); fill: none } .dot { fill: var(--text) }
.bar { stroke: var(--k) } .tag { fill: var(--k) } .picture .on-tag { fill: var(--back); font-weight: 700; font-size: 10px }
.wash { fill: var(--k); opacity: .25 } .hatch { stroke: var(--k); fill: var(--k); stroke-width: 1.2; fill-opacity: 0 }
.arrow { fill: none; stroke: var(--link); stroke-width: 1.4; opacity: .6 } .arrow.wakes { stroke-dasharray: 5 3 }
.head { fill: var(--link) } .edge .head { fill: var(--soft) } .strong-head { fill: var(--bad) }
.sleep { stroke: var(--soft); stroke-width: 3; stroke-dasharray: 2 4; fill: none } .sleep.for-ever { stroke: var(--bad) }
.lost path { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 7 4 } .picture .lost text { fill: var(--bad); font-size: 10px; paint-order: stroke; stroke: var(--back); stroke-width: 3px }
.picture .end-text { fill: var(--bad); font-weight: 600 } .picture .still .end-text { fill: var(--soft); font-weight: 400 } .picture .good-end text { fill: var(--good); font-weight: 600 }
.cursor { fill: none } .now .cursor { fill: var(--now); opacity: .6 } tr.now > * { background: var(--now) }
.later { opacity: .35 }
.node rect { fill: var(--stripe); stroke: var(--soft) } .node.task rect { stroke-width: 1.6; stroke: var(--text) }
.node .tag { fill: var(--k); stroke: none }
.edge path, .arc path { fill: none; stroke: var(--soft); stroke-width: 1.4 } .edge.strong path, .arc path { stroke: var(--bad); stroke-width: 2 }
.picture .edge text, .picture .arc text { paint-order: stroke; stroke: var(--back); stroke-width: 4px; stroke-linejoin: round }
.picture .edge text { fill: var(--soft); font-size: 10px } .picture .arc .on-tag { stroke: none }
.picture .axis { fill: var(--soft); font-size: 10.5px } .grid { stroke: var(--line); stroke-width: .6; opacity: .7 } .rule { stroke: var(--soft); fill: none }
.series { fill: none; stroke: var(--k); stroke-width: 1.6; stroke-linejoin: round } .dash1 { stroke-dasharray: 7 3 } .dash2 { stroke-dasharray: 2.5 2.5 } .dash3 { stroke-dasharray: 9 3 2 3 }
.level { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1 3; fill: none } .leader { stroke: var(--k, var(--soft)); fill: none; opacity: .5 }
.picture .series-name { fill: var(--k, var(--soft)) } .moment path { stroke: var(--bad); stroke-dasharray: 4 3 } .picture .moment text { fill: var(--bad) }
.bar-of { fill: var(--k); opacity: .75 } .quantile path { stroke: var(--text); stroke-dasharray: 2 2 } .picture .quantile text { font-size: 10px }
.whisker { stroke: var(--k); stroke-width: 1.4 } .mark { stroke: var(--k); stroke-width: 1.4 } .mark.real { fill: var(--k) } .mark.unreal { fill: var(--back) }
.rail { fill: none; stroke-width: 3 } .bad-rail { stroke: var(--bad) } .good-rail { stroke: var(--good) } .tie { stroke: var(--line) }
.rail-row.parts .step { font-weight: 700 } .rail-row.own .step { font-style: italic }
.stepper { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; background: var(--back);
  border-bottom: 1px solid var(--line); padding: .5rem 0 }
.stepper button { text-decoration: none; border: 1px solid var(--soft); border-radius: .25rem; padding: 0 .6rem }
.stepper output { font: .8rem ui-monospace, monospace }
.flame-all { fill: var(--stripe); stroke: var(--line) } .flame-scope { fill: var(--k); fill-opacity: .55 }
.flame-box { fill: var(--k); fill-opacity: .22 } .flame g:hover > .flame-box { fill-opacity: .4 } .bar-box { fill: var(--k); fill-opacity: .8 }
@media print { @page { margin: 12mm } body { max-width: none; padding: 0; font-size: .875rem } .filter, .stepper { display: none }
  .scroll, .scroll:has(> table) { overflow: visible; max-height: none } thead th { position: static }
  figure, tr { break-inside: avoid } h2, h3, figcaption, caption { break-after: avoid }
  .pictures { display: block } .picture { max-width: 100%; height: auto }
  table { width: 100%; font-size: .65rem } caption, td code, th code, .number, summary { white-space: normal }
  code { overflow-wrap: anywhere } th, td { overflow-wrap: break-word; padding-right: .4rem } pre { white-space: pre-wrap; overflow-wrap: anywhere } }
`
