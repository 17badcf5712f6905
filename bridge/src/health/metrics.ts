// The bridge's report to Prometheus's text, by the table; made anew for each scrape, so that nothing is counted twice
// and one scrape is one moment.
import { Counter, Gauge, Registry } from 'prom-client'
import type { BridgeReport } from '../report.ts'
import { metricTable } from './metric-table.ts'

export const metricPrefix = 'probespan_bridge_'

export function metricsText(report: BridgeReport): Promise<string> {
  const registry = new Registry()
  const values: Readonly<Record<string, number>> = report
  const rows = Object.entries(metricTable).map(([key, row]) => ({ ...row, value: values[key] ?? 0 }))
  for (const [name, ofName] of Map.groupBy(rows, (row) => row.name)) {
    const labelNames = ofName.flatMap(({ labels }) => Object.keys(labels ?? {}))
    const settings = {
      name: metricPrefix + name,
      help: ofName[0]?.help ?? '',
      labelNames: [...new Set(labelNames)],
      registers: [registry],
    }
    const metric = ofName[0]?.type === 'counter' ? new Counter(settings) : new Gauge(settings)
    for (const { labels, value } of ofName) metric.inc(labels ?? {}, value)
  }
  return registry.metrics()
}

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE
