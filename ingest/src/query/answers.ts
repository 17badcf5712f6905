// How all routes of the API check their parameters and write answers and errors: an `apiError` that names the bad
// parameter, its value and what is expected. In: zod schemas of wire.ts, and whatever was thrown; out: JSON.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors, validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { RequestFault, requestFaults, retryAfterMsOf } from '../faults.ts'
import { StoreFault } from '../store/store.ts'
import type { ApiError } from '../wire.ts'

/** Of all routes of the API: how questions are checked, and answers and errors written. */
export function speakJson(app: FastifyInstance): void {
  app.setValidatorCompiler(validatorCompiler)
  // Answers are held to their schemas by the compiler and by tests. Parsing each once more took most of the 2.9 s of
  // an answer with 45,000 spans.
  app.setSerializerCompiler(() => JSON.stringify)
  app.setErrorHandler(async (error, request, reply) => sendFault(queryFaultOf(error, request), reply))
}

/** Parameters behind the `?`. An unknown one is refused: a misspelt filter would otherwise answer with everything. */
export function strictQuery<Shape extends z.ZodRawShape>({ shape }: z.ZodObject<Shape>) {
  const known = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.map((key) => JSON.stringify(key)).join(' and ')} ${issue.keys.length === 1 ? 'is no parameter' : 'are no parameters'} here; there are ${known}`
        : undefined,
  })
}

export function sendFault(fault: RequestFault, reply: FastifyReply): FastifyReply {
  const { code, message } = fault
  const { status } = requestFaults[code]
  const retryAfterMs = retryAfterMsOf(fault)
  if (retryAfterMs !== undefined) void reply.header('retry-after', Math.ceil(retryAfterMs / 1000))
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  const answer: ApiError = { error: { code, message } }
  return reply.code(status).header('content-type', 'application/json').serializer(JSON.stringify).send(answer)
}

/** Also for requests that Fastify itself refuses, such as a malformed URL. */
export function queryFaultOf(error: unknown, request: FastifyRequest): RequestFault {
  if (error instanceof RequestFault) return error
  if (error instanceof StoreFault) return new RequestFault(error.code, error.message, { cause: error })
  if (hasZodFastifySchemaValidationErrors(error)) {
    return new RequestFault('parameter_invalid', parameterMistakes(error.validation, request))
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status >= 400 && status < 500) return new RequestFault('parameter_invalid', `${messageOf(error)}.`)
  request.log.error({ err: error }, 'a query failed')
  return new RequestFault('internal', 'this is a fault of probespan: its log says more.', { cause: error })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

type Mistake = { instancePath: string; message?: string | undefined }

function parameterMistakes(mistakes: readonly Mistake[], request: FastifyRequest): string {
  const given: Record<string, unknown> = { ...Object(request.query), ...Object(request.params) }
  return mistakes
    .map(({ instancePath, message = 'is not valid' }) => {
      const name = instancePath.split('/')[1] ?? ''
      if (name === '') return `${message}.`
      const value = given[name]
      if (Array.isArray(value) && message.startsWith('must be given'))
        return `${name} is given ${value.length} times: it ${message}.`
      return `${name} is ${JSON.stringify(value)}: it ${message}.`
    })
    .join(' ')
}

/** For what no route takes. */
export function unknownPath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const hint = request.method === 'POST' ? ' OTLP traces go to POST /v1/traces.' : ''
  const message = `${request.method} ${request.url.split('?')[0]} is not a path of this service.${hint}`
  return sendFault(new RequestFault('path_unknown', message), reply)
}
