// What chance does to one request, drawn when it arrives, so that it depends on the order of arrivals alone and not on
// how requests interleave. In: a source of random numbers. Out: delays in milliseconds and which operation fails.
import { randomInteger } from './random.ts'
import type { Random } from './random.ts'

const slowShare = 0.05
const queryFailureShare = 0.03
const declineShare = 0.05
export const usualDelayMs = { least: 1, most: 20 }
export const slowDelayMs = { least: 100, most: 300 }

export interface Fate {
  /** Of a request's queries the first takes this long; it is the one that is slow or fails. */
  firstQueryDelayMs: number
  laterQueryDelayMs: number
  paymentDelayMs: number
  queryFails: boolean
  paymentDeclined: boolean
}

export function drawFate(random: Random): Fate {
  const first = random() < slowShare ? slowDelayMs : usualDelayMs
  return {
    firstQueryDelayMs: randomInteger(random, first.least, first.most),
    laterQueryDelayMs: randomInteger(random, usualDelayMs.least, usualDelayMs.most),
    paymentDelayMs: randomInteger(random, usualDelayMs.least, usualDelayMs.most),
    queryFails: random() < queryFailureShare,
    paymentDeclined: random() < declineShare,
  }
}
