// In: environment variables. Out: the typed settings of the shop and of its traffic, or an OperationalError with a line
// for each variable that is wrong: its value, what it may be. An empty variable counts as unset.
import { z } from 'zod'
import { OperationalError } from './operational-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

const portMax = 65_535
const requestsMax = 1_000_000_000
export const concurrencyMax = 1_000
const ratePerSecondMax = 100_000

const digits = /^\d{1,10}$/
const decimal = /^\d{1,6}(\.\d{1,6})?$/

const shopVariables = z.object({
  SHOP_HOST: z.string().default('127.0.0.1'),
  SHOP_PORT: number(digits, 0, portMax, `an integer from 0 (any free port) to ${portMax}`).default(3052),
  SHOP_LOG: z.string().optional(),
})

const rateForm = `a number from 0.001 to ${ratePerSecondMax}`
const requestsForm = `an integer from 1 to ${requestsMax}, or Infinity`

const trafficVariables = z.object({
  SHOP_URL: z
    .url({ protocol: /^https?$/, error: 'an http:// or https:// URL' })
    .default('http://127.0.0.1:3052'),
  REQUESTS: z
    .union([z.literal('Infinity').transform(() => Infinity), number(digits, 1, requestsMax, requestsForm)], {
      error: requestsForm,
    })
    .default(Infinity),
  CONCURRENCY: number(digits, 1, concurrencyMax, `an integer from 1 to ${concurrencyMax}`).default(8),
  RATE_PER_SECOND: number(decimal, 0.001, ratePerSecondMax, rateForm).optional(),
})

export interface ShopSettings {
  host: string
  port: number
  logFile: string | undefined
}

export interface TrafficSettings {
  url: string
  requests: number
  concurrency: number
  ratePerSecond: number | undefined
}

export function parseShopSettings(env: Environment): ShopSettings {
  const { SHOP_HOST: host, SHOP_PORT: port, SHOP_LOG: logFile } = parse(shopVariables, env)
  return { host, port, logFile }
}

export function parseTrafficSettings(env: Environment): TrafficSettings {
  const variables = parse(trafficVariables, env)
  return {
    url: variables.SHOP_URL,
    requests: variables.REQUESTS,
    concurrency: variables.CONCURRENCY,
    ratePerSecond: variables.RATE_PER_SECOND,
  }
}

function number(form: RegExp, least: number, most: number, error: string) {
  return z
    .string()
    .regex(form, { error, abort: true })
    .transform(Number)
    .pipe(z.number().min(least, error).max(most, error))
}

function parse<T extends z.ZodObject>(variables: T, env: Environment): z.infer<T> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = variables.safeParse(set)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => {
    const name = String(path[0])
    return `${name} is ${JSON.stringify(env[name])}: it must be ${message}`
  })
  throw new OperationalError(problems.join('\n'))
}
