// The questions of the query bench, each as a path of the service's own API. In: which time it is asked, the hour, ids of
// traces; out: paths. The n-th time another service, trace or value is asked for, so that an answer is not just repeated.
import { rareAttribute } from './load.ts'

export type Asked = { time: number; start: bigint; end: bigint; traceIds: readonly string[] }

const service = ({ time }: Asked): string => `service-${time % 20}`
const query = (path: string, parameters: Record<string, string>): string =>
  `${path}?${new URLSearchParams(parameters).toString()}`
const traces = (parameters: Record<string, string>): string =>
  query('/api/traces', { limit: '20', ...parameters })

const paths = {
  by_id: ({ time, traceIds }: Asked) => `/api/traces/${traceIds[time % traceIds.length] ?? ''}`,
  newest20: (asked: Asked) => traces({ service: service(asked) }),
  filtered: (asked: Asked) =>
    traces({ service: service(asked), durationMin: '50000000', attribute: 'cache.hit=true' }),
  errors: () => traces({ status: 'ERROR' }),
  rare: () => traces({ attribute: `${rareAttribute.key}=${rareAttribute.value}` }),
  absent: ({ time }: Asked) => traces({ attribute: `customer.id=nobody-${time}` }),
  services: () => '/api/services',
  red: ({ start, end }: Asked) =>
    query('/api/red', { by: 'service', start: String(start), end: String(end) }),
  structural: (asked: Asked) =>
    traces({
      q: `{ resource.service.name = "${service(asked)}" && nestedSetParent < 0 } >> { duration > 50ms }`,
    }),
} as const
export type QuestionName = keyof typeof paths

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table above
const names = Object.keys(paths) as QuestionName[]

export const questions = { names, path: (name: QuestionName, asked: Asked): string => paths[name](asked) }
