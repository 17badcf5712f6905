// What would break: the pack for the two probes of the FOSDEM talk's example, on a program that has them.
import { beforeAll, describe, expect, test } from 'vitest'
import { buildAddon } from '@probespan/usdt-demo'
import { DemoShop } from '../demo-shop.ts'
import { stockProgram } from './stock-programs.ts'
import { tracedBy } from './traced-program.ts'

const requests = 50
const { missing } = stockProgram('node')

describe.skipIf(missing)('FOSDEM’s probes', () => {
  beforeAll(async () => {
    await buildAddon()
  })

  test('every request, by its id, with the program’s own times', async () => {
    await using shop = await DemoShop.start()
    const { spans } = await tracedBy('fosdem', shop.pid, async () => {
      await shop.serve(requests)
      await shop.stop()
    })
    const seen = spans.map(({ name, startNs, endNs, attributes }) => [name, attributes.reqid, startNs, endNs])
    const served = shop.log().map(({ id, startUnixNano, durationNano }) => {
      const startNs = BigInt(startUnixNano)
      return ['request', id, startNs, startNs + BigInt(durationNano)]
    })
    const byId = (rows: unknown[][]): unknown[][] =>
      rows.toSorted((a, b) => (String(a[1]) < String(b[1]) ? -1 : 1))
    expect(byId(seen)).toEqual(byId(served))
    expect(seen).toHaveLength(requests)
  })
})
