// The standard health check of gRPC (grpc.health.v1.Health/Check), which Kubernetes, load balancers and
// grpc_health_probe ask without a key. In: one request; out: the answer, the same as /readyz says. Watch is not served:
// clients that get UNIMPLEMENTED for it take a server as healthy. https://github.com/grpc/grpc/blob/master/doc/health-checking.md
import { RequestFault } from '../faults.ts'
import type { Health } from '../health.ts'
import { healthRequestType, healthResponseType } from '../otlp/schema.ts'

export const healthMethod = '/grpc.health.v1.Health/Check'

/** The name of a service, and what is before it. */
export const healthRequestBytesMax = 1_024

const serving = 1
const notServing = 2

/** `services` are those that can be asked for; the empty name means all. Throws RequestFault. */
export function healthAnswer(
  request: Buffer,
  services: readonly string[],
  health: Pick<Health, 'unreadiness'>,
): Buffer {
  const service = serviceOf(request)
  if (service !== '' && !services.includes(service)) {
    throw new RequestFault('path_unknown', `"${service}" is no service here: ask for ${services.join(', ')}.`)
  }
  const status = health.unreadiness() === undefined ? serving : notServing
  return Buffer.from(healthResponseType.encode({ status }).finish())
}

function serviceOf(request: Buffer): string {
  try {
    return String(healthRequestType.decode(request).toJSON()['service'] ?? '')
  } catch (error) {
    throw new RequestFault('body_undecodable', 'the body is no HealthCheckRequest.', { cause: error })
  }
}
