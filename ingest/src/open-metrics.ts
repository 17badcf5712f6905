// Metrics in Prometheus's text format to OpenMetrics: a counter is described by its name without `_total`, no line is
// empty. In: text as prom-client writes it, which itself writes either format but spoils the other by it; out: text
// without the last line (`# EOF`). Pure.

export function openMetricsOf(text: string): string {
  const counters = new Map(
    [...text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name = '']) => [
      name,
      name.replace(/_total$/, ''),
    ]),
  )
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `${describedAnew(line, counters)}\n`)
    .join('')
}

function describedAnew(line: string, counters: ReadonlyMap<string, string>): string {
  const [, word = '', name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
  const called = counters.get(name)
  if (called === undefined) return line
  // OpenMetrics knows no counter that does not end in _total.
  const told = word === 'TYPE' && called === name ? 'unknown' : rest
  return `# ${word} ${called} ${told}`
}
