// What would break: requests whose client went away that never end, or end as if they had been answered. Real HTTP on
// a shop in this process, so that the test can see when the requests are amid their queries.
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { LogLine } from '../src/request-log.ts'
import { createShop } from '../src/shop.ts'
import { recordedProbes } from './recorded-probes.ts'

/** Makes every first query slow: 108 ms, in which the client goes away. */
const slow = 0.04
const pipelined = 12

test('all requests of a connection that closes end as 499, their queries before them', async () => {
  const { probes, fired } = recordedProbes()
  const lines: LogLine[] = []
  const clock = process.hrtime.bigint.bind(process.hrtime)
  const shop = createShop({ probes, clock, log: (line) => lines.push(line), random: () => slow })
  const { port } = new URL(await shop.listen({ host: '127.0.0.1', port: 0 }))
  const body = JSON.stringify({ productId: 'mug', quantity: 1 })
  const head = `POST /checkout HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
  const count = (name: string): number => fired.filter(({ probe }) => probe === name).length

  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`${head}\r\n\r\n${body}`.repeat(pipelined))
  await expect.poll(() => count('queryStart'), { interval: 1 }).toBe(pipelined)
  socket.destroy()
  await expect.poll(() => count('requestEnd')).toBe(pipelined)
  await shop.close()

  expect(lines.map(({ status }) => status)).toEqual(Array.from({ length: pipelined }, () => 499))
  expect(count('queryEnd')).toBe(pipelined)
  expect(count('paymentStart')).toBe(0)
  for (const { id } of lines) {
    const ofRequest = fired.filter(({ values }) => values[0] === id).map(({ probe }) => probe)
    expect(ofRequest).toEqual(['requestStart', 'queryStart', 'queryEnd', 'requestEnd'])
  }
})
