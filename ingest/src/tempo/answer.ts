// How Tempo's paths answer: JSON, or protobuf where the client accepts it; refusals as plain text, which Grafana shows as
// it is.
import type protobuf from 'protobufjs'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { requestFaults, retryAfterMsOf } from '../faults.ts'
import type { RequestFault } from '../faults.ts'
import { jsonOf, protobufOf } from '../go-values/message.ts'
import type { Message } from '../go-values/message.ts'

const protobufType = 'application/protobuf'

export const wantsProtobuf = ({ headers }: FastifyRequest): boolean =>
  (headers.accept ?? '').includes(protobufType)

export function send(
  request: FastifyRequest,
  reply: FastifyReply,
  type: protobuf.Type,
  message: Message,
): FastifyReply {
  return wantsProtobuf(request)
    ? sendProtobuf(reply, protobufOf(type, message))
    : sendJson(reply, JSON.stringify(jsonOf(type, message)))
}

export const sendProtobuf = (reply: FastifyReply, bytes: Buffer): FastifyReply =>
  reply.type(protobufType).send(bytes)

export const sendJson = (reply: FastifyReply, json: string | Buffer): FastifyReply =>
  reply.type('application/json').send(json)

export function sendRefusal(fault: RequestFault, reply: FastifyReply): FastifyReply {
  const { status } = requestFaults[fault.code]
  const retryAfterMs = retryAfterMsOf(fault)
  if (retryAfterMs !== undefined) void reply.header('retry-after', String(Math.ceil(retryAfterMs / 1000)))
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="probespan", Bearer')
  return reply.code(status).type('text/plain; charset=utf-8').send(fault.message)
}
