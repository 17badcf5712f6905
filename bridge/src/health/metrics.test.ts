// What would break: a loss that is counted and shown nowhere, or shown under another's name.
import { expect, test } from 'vitest'
import type { BridgeReport } from '../report.ts'
import { metricTable } from './metric-table.ts'
import { metricsText } from './metrics.ts'

/** Each key of the report with a number of its own. */
const keys = Object.keys(metricTable) as (keyof BridgeReport)[]
const report = Object.fromEntries(keys.map((key, index) => [key, index + 1000])) as BridgeReport

/** `name{labels}` to its value. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

test('every number of the report is served once, under its own name and labels', async () => {
  const samples = samplesOf(await metricsText(report))
  for (const key of keys) {
    const { name, labels = {} } = metricTable[key]
    const inner = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    const sample = `probespan_bridge_${name}${inner.length > 0 ? `{${inner.join(',')}}` : ''}`
    expect([sample, samples.get(sample)]).toEqual([sample, report[key]])
  }
  expect(samples.size).toBe(keys.length)
})

test('names and types are as Prometheus wants them, and every one has a help text', async () => {
  const text = await metricsText(report)
  for (const { name, type, help } of Object.values(metricTable)) {
    expect(text).toContain(
      `# HELP probespan_bridge_${name} ${help}\n# TYPE probespan_bridge_${name} ${type}\n`,
    )
    expect(name.endsWith('_total')).toBe(type === 'counter')
    expect(help).toMatch(/^[A-Z].{15,}\.$|^How far .*replay\.$/)
  }
})

test('a scrape does not count the one before', async () => {
  expect(await metricsText(report)).toBe(await metricsText(report))
})
