import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JobRun } from '../store/job.ts'
import { createJobSpans } from './job-spans.ts'

function jobSpans(getsOwn: (destination: string) => boolean = () => true) {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const outside = { causes: 0 }
  const jobs = createJobSpans({ tracer: provider.getTracer('tests'), causes: () => outside.causes, getsOwn })
  const names = () => exporter.getFinishedSpans().map(({ name, status }) => [name, status.message])
  return { jobs, outside, names }
}

const run = (given: Partial<JobRun>): JobRun => ({
  name: 'retention',
  startUnixMs: 0,
  durationMs: 1,
  counts: {},
  ...given,
})
const sent = (spans: number, destination = 'a'): JobRun =>
  run({ name: 'forward', destination, counts: { 'spans.sent': spans } })

test('a merge is told where something came from outside since the last one', () => {
  const { jobs, outside, names } = jobSpans()
  jobs.add(run({ name: 'merge' }))
  jobs.add(run({ name: 'merge' }))
  outside.causes++
  jobs.add(run({ name: 'merge' }))
  jobs.add(run({ name: 'merge' }))
  expect(names()).toHaveLength(2)
})

test('of failures in a row the first is told, until it works again', () => {
  const { jobs, names } = jobSpans()
  const failing = (name: JobRun['name']) => jobs.add(run({ name, failure: 'no room' }))
  failing('upkeep')
  failing('upkeep')
  jobs.add(sent(1))
  failing('upkeep')
  jobs.add(run({ name: 'retention' }))
  failing('upkeep')
  expect(names()).toEqual([
    ['upkeep', 'no room'],
    ['forward', undefined],
    ['retention', undefined],
    ['upkeep', 'no room'],
  ])
})

test('a destination that gets no own spans has every turn told', () => {
  const { jobs, names } = jobSpans((destination) => destination === 'a')
  jobs.storing(5)
  jobs.add(sent(5))
  jobs.add(sent(5, 'b'))
  jobs.add(sent(1))
  expect(names()).toHaveLength(2)
})

test('however spans of others and own ones come, forwarding ends by itself, and others’ spans are told', () => {
  const turns = fc.array(fc.record({ others: fc.nat(3), taken: fc.nat(6) }), { maxLength: 40 })
  fc.assert(
    fc.property(turns, (turns) => {
      const { jobs, names } = jobSpans()
      const queue: ('other' | 'own')[] = []
      let othersCame = 0
      const turn = (taken: number) => {
        const before = names().length
        const part = queue.splice(0, taken)
        if (part.length > 0) jobs.add(sent(part.length))
        const made = names().length - before
        jobs.storing(made)
        for (let at = 0; at < made; at++) queue.push('own')
        return made
      }
      for (const { others, taken } of turns) {
        othersCame += others
        for (let at = 0; at < others; at++) queue.push('other')
        turn(taken)
      }
      let last = 0
      for (let at = 0; queue.length > 0; at++) {
        expect(at).toBeLessThan(3)
        last += turn(queue.length)
      }
      expect(names().length).toBeLessThanOrEqual(othersCame)
      expect(last).toBeLessThanOrEqual(1)
      expect(names().length > 0).toBe(othersCame > 0)
    }),
  )
})
