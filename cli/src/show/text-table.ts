// Rows of text to a table: columns as wide as their widest cell. Pure.

/** What a program put into a name must not move the reader's cursor. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

export type Title = { title: string; right: boolean }

/** Cells are made printable. */
export function textTable(titles: readonly Title[], rows: readonly (readonly string[])[]): string {
  const cells = [titles.map(({ title }) => title), ...rows.map((row) => row.map(printable))]
  const widths = titles.map((_, at) => cells.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), 0))
  const lines = cells.map((row) =>
    row
      .map((text, at) =>
        titles[at]?.right === true ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0),
      )
      .join(' | ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '-'.repeat(width)).join('-|-')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** Titles for columns of which only the rows tell whether they hold numbers. */
export function titlesOf(names: readonly string[], rows: readonly (readonly string[])[]): Title[] {
  return names.map((title, at) => ({
    title,
    right: rows.length > 0 && rows.every((row) => /^-?[\d.]+( MiB)?$/.test(row[at] ?? '')),
  }))
}

export type Column<Row> = { title: string; cell: (row: Row) => string; right?: boolean }

export function columnTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const titles = columns.map(({ title, right = false }) => ({ title, right }))
  return textTable(
    titles,
    rows.map((row) => columns.map(({ cell }) => cell(row))),
  )
}
