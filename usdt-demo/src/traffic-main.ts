// Process: traffic for a running shop. Settings by SHOP_URL, REQUESTS, CONCURRENCY and RATE_PER_SECOND; prints the counts
// as one JSON line at its end, which SIGINT or SIGTERM brings about. Exit code 1 with the reason if it could not run.
import { randomInt } from 'node:crypto'
import { finalWords } from './operational-error.ts'
import { parseTrafficSettings } from './settings.ts'
import { runTraffic } from './traffic.ts'

// Callers' trace ids come from it: the same seed twice would put two runs into the same traces.
const seed = randomInt(2 ** 31)
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
process.once('SIGTERM', () => stop.abort())

try {
  const settings = parseTrafficSettings(process.env)
  console.log(JSON.stringify(await runTraffic({ ...settings, seed, signal: stop.signal })))
} catch (error) {
  console.error(finalWords(error))
  process.exitCode = 1
}
