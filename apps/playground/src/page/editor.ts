/** Editor: the text of a scenario, with faults at their lines. Tab leaves it, as it leaves any other field. */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  StreamLanguage,
  syntaxHighlighting,
} from '@codemirror/language'
import { typescript } from '@codemirror/legacy-modes/mode/javascript'
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { Annotation } from '@codemirror/state'
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { Fault } from '../protocol.js'

/** Colours are the page's, light or dark. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--k3)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--k2)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--k1)' },
  { tag: [tags.comment], color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.propertyName, tags.function(tags.variableName)], color: 'var(--k0)' },
  { tag: [tags.typeName], color: 'var(--k5)' },
])

/** Marks a change that nobody has made by hand. */
const BY_PAGE = Annotation.define<boolean>()

export class Editor {
  readonly #view: EditorView

  /** @param onChange is called after each change by hand. */
  constructor(parent: Element, onChange: () => void) {
    this.#view = new EditorView({
      parent,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of('  '),
        bracketMatching(),
        // Words and strings are all that is coloured: a parser of the language would be a tenth of the page.
        StreamLanguage.define({ ...typescript, tokenTable: { property: tags.propertyName } }),
        syntaxHighlighting(COLOURS),
        lintGutter(),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          'aria-label': 'The scenario, in TypeScript',
          tabindex: '0',
        }),
        EditorView.updateListener.of(({ docChanged, transactions }) => {
          const isByHand = transactions.some((each) => !each.annotation(BY_PAGE))
          if (docChanged && isByHand) onChange()
        }),
      ],
    })
  }

  get text(): string {
    return this.#view.state.doc.toString()
  }

  set text(text: string) {
    const { doc } = this.#view.state
    this.#view.dispatch({
      changes: { from: 0, to: doc.length, insert: text },
      selection: { anchor: 0 },
      annotations: BY_PAGE.of(true),
    })
    this.#view.scrollDOM.scrollTop = 0
  }

  /** Shows a fault at its line; none takes away what is shown. */
  set fault(fault: Fault | null) {
    const { state } = this.#view
    const diagnostics: Diagnostic[] = []
    if (fault !== null && fault.line !== null && fault.line >= 1 && fault.line <= state.doc.lines) {
      const { from, to } = state.doc.line(fault.line)
      diagnostics.push({ from, to, severity: 'error', message: fault.message })
    }
    this.#view.dispatch(setDiagnostics(state, diagnostics))
  }

  /** Goes to a line. */
  goTo(line: number): void {
    const { doc } = this.#view.state
    const { from } = doc.line(Math.min(Math.max(1, line), doc.lines))
    this.#view.dispatch({ selection: { anchor: from }, scrollIntoView: true })
    this.#view.focus()
  }
}
