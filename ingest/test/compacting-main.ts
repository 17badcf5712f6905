// A process for kill tests: appends small batches and compacts, without end. Arguments: the database, the first trace's
// number. Prints each trace's number once it is durable.
import { queueBytesMax } from '../src/limits.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { batchOf, hexId } from './sample.ts'

const [path = '', first = '1'] = process.argv.slice(2)
const store = openSqliteStore(path, queueBytesMax)
await store.cursor('behind')
for (let number = Number(first); ; number++) {
  const traceId = hexId(number, 32)
  const spans = [1, 2].map((span) => ({ traceId, spanId: hexId(span, 16), start: BigInt(number) }))
  await store.append(batchOf(spans))
  process.stdout.write(`${number}\n`)
  if (number % 20 === 0) await store.compact()
}
