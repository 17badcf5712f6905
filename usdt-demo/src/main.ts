// Process: the shop's server. Settings by SHOP_HOST, SHOP_PORT and SHOP_LOG; prints one line with its address and pid.
// SIGTERM or SIGINT finishes open requests and the log, then exits 0; a second one ends it at once. Otherwise exits 1.
import { finalWords } from './operational-error.ts'
import { startShop } from './server.ts'
import { parseShopSettings } from './settings.ts'

function fail(error: unknown): never {
  console.error(finalWords(error))
  process.exit(1)
}

async function run(): Promise<void> {
  const shop = await startShop({ ...parseShopSettings(process.env), onFailure: fail })
  let closing = false
  const stop = (): void => {
    if (closing) process.exit(1)
    closing = true
    shop.close().then(() => process.exit(0), fail)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  console.log(`shop listening on ${shop.url}, pid ${process.pid}`)
}

run().catch(fail)
