// Receivers for tests that put something else behind them than the whole service does.
import { pino } from 'pino'
import { fullGrant } from '../src/access/key.ts'
import { createKeyRing } from '../src/access/key-ring.ts'
import { createRateLimits } from '../src/access/rate-limits.ts'
import { zeroCounters } from '../src/counters.ts'
import { createHealth } from '../src/health.ts'
import { requestBytesMax, requestTimeoutMs } from '../src/limits.ts'
import { createAdmission } from '../src/receive/admission.ts'
import { createJsonConverter } from '../src/receive/json-converter.ts'
import { createReceiver } from '../src/receive/receiver.ts'
import type { Receiver, ReceiverParts } from '../src/receive/receiver.ts'
import type { Store } from '../src/store/store.ts'
import { createEndpoints } from '../src/tag/endpoint.ts'

/** Without keys and limits, but for the parts given. */
export function receiverOver(store: Pick<Store, 'append'>, parts: Partial<ReceiverParts> = {}): Receiver {
  return createReceiver({
    store,
    counters: zeroCounters(),
    keys: createKeyRing([], fullGrant('everyone', { requestsPerS: undefined, bytesPerS: undefined })),
    rates: createRateLimits(),
    admission: createAdmission({ bytesMax: 2 ** 30, requestBytesMax, requestTimeoutMs }),
    json: createJsonConverter(),
    enabled: true,
    sourceRules: [],
    endpoints: createEndpoints(),
    health: createHealth(),
    refusals: new Map(),
    log: pino({ level: 'silent' }),
    ...parts,
  })
}
