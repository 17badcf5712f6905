// What a judgement says of a fact, and all findings as text for a terminal or JSON for a program.

export type Finding = { subject: string; found: string } & (
  | { verdict: 'ok' | 'note' }
  /** The bridge cannot do its work as it is; `remedy` says what to do. */
  | { verdict: 'FIX'; remedy: string }
)

export const ok = (subject: string, found: string): Finding => ({ verdict: 'ok', subject, found })
export const note = (subject: string, found: string): Finding => ({ verdict: 'note', subject, found })
export const fix = (subject: string, found: string, remedy: string): Finding => ({
  verdict: 'FIX',
  subject,
  found,
  remedy,
})

export const needFixing = (findings: readonly Finding[]): number =>
  findings.filter(({ verdict }) => verdict === 'FIX').length

export function findingsText(findings: readonly Finding[]): string {
  const subjectWidth = Math.max(...findings.map(({ subject }) => subject.length))
  const indent = ' '.repeat('note'.length + subjectWidth + 4)
  const lines = findings.map((finding) => {
    const texts = finding.verdict === 'FIX' ? [finding.found, `-> ${finding.remedy}`] : [finding.found]
    const body = printable(texts.join('\n')).replaceAll('\n', `\n${indent}`)
    return `${finding.verdict.padEnd('note'.length)}  ${finding.subject.padEnd(subjectWidth)}  ${body}`
  })
  const count = needFixing(findings)
  const summary =
    count === 0 ? 'nothing needs fixing' : `${count} ${count === 1 ? 'thing needs' : 'things need'} fixing`
  return [...lines, '', summary].join('\n')
}

export function findingsJson(findings: readonly Finding[]): string {
  return JSON.stringify({ ok: needFixing(findings) === 0, findings }, undefined, 2)
}

/** What came from a file or a program must not move the reader's cursor; a line end is one. */
function printable(text: string): string {
  return text.replace(
    /(?!\n)\p{Cc}/gu,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
