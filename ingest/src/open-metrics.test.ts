import { Counter, Gauge, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { openMetricsOf } from './open-metrics.ts'

test('what a registry writes becomes OpenMetrics: counters by their bare name, other lines as they are, none empty', async () => {
  const registers = [new Registry()]
  new Counter({ name: 'spans_total', help: 'Spans', labelNames: ['by'], registers }).inc({ by: 'a\nb' }, 2)
  new Counter({ name: 'odd', help: 'Ends otherwise', registers }).inc()
  new Gauge({ name: 'held_bytes', help: 'Held\nnow', registers }).set(1.5)
  const text = (await registers[0]?.metrics()) ?? ''
  expect(openMetricsOf(text).split('\n')).toEqual([
    '# HELP spans Spans',
    '# TYPE spans counter',
    String.raw`spans_total{by="a\nb"} 2`,
    '# HELP odd Ends otherwise',
    '# TYPE odd unknown',
    'odd 1',
    String.raw`# HELP held_bytes Held\nnow`,
    '# TYPE held_bytes gauge',
    'held_bytes 1.5',
    '',
  ])
})
