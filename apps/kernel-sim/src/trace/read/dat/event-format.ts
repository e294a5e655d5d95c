/**
 * Event format: where the fields of an event are in its record. The kernel describes it in a text, and recordings have that
 * text of each event: nothing about offsets and sizes is known before.
 */

/** How the value of a field is found. */
export interface Field {
  readonly offset: number
  /** In bytes. */
  readonly size: number
  readonly signed: boolean
  /** True if the value stands elsewhere in the record, as long as it needs, and here is where; from the record or from here. */
  readonly elsewhere: 'from-record' | 'from-field' | undefined
}

export interface EventFormat {
  readonly name: string
  /** What `common_type` of its records is. */
  readonly id: number
  readonly fields: ReadonlyMap<string, Field>
  /** How the kernel prints it: with the names of flags. */
  readonly print: string
}

const FIELD =
  /^\tfield:(.*?)\s*([A-Za-z_]\w*)\s*((?:\[[^\]]*\])*);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:(\d+);)?/

/** Takes the text apart; undefined when it is none. */
export function eventFormat(text: string): EventFormat | undefined {
  const name = /^name: (\S+)$/m.exec(text)?.[1]
  const id = /^ID: (\d+)$/m.exec(text)?.[1]
  if (name === undefined || id === undefined) return undefined
  const fields = new Map<string, Field>()
  for (const line of text.split('\n')) {
    const [, type = '', field, , offset, size, signed] = FIELD.exec(line) ?? []
    if (field === undefined) continue
    const elsewhere = type.startsWith('__data_loc')
      ? 'from-record'
      : type.startsWith('__rel_loc')
        ? 'from-field'
        : undefined
    fields.set(field, {
      offset: Number(offset),
      size: Number(size),
      signed: signed === '1',
      elsewhere,
    })
  }
  const print = /^print fmt: (.*)$/ms.exec(text)?.[1] ?? ''
  return { name, id: Number(id), fields, print }
}

/** Reads the layout of a page from the text of `header_page`: the same form, without a name. */
export function fieldsOf(text: string): ReadonlyMap<string, Field> {
  const lines = text.replaceAll(/^\tfield: /gm, '\tfield:')
  return eventFormat(`name: header_page\nID: 0\n${lines}`)?.fields ?? new Map()
}
