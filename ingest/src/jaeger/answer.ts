// What Jaeger's paths have in common beside their shapes.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RequestFault } from '../faults.ts'

export const sendBytes = (reply: FastifyReply, json: Buffer): FastifyReply =>
  reply.type('application/json').send(json)

/** The first group of the pattern in what a route's `*` stands for. */
export function pathPart({ method, url, params }: FastifyRequest, pattern: RegExp): string {
  const { '*': rest = '' } = { '*': undefined, ...Object(params) }
  const [, part] = pattern.exec(String(rest)) ?? []
  if (part !== undefined) return part
  throw new RequestFault('path_unknown', `${method} ${url.split('?')[0]} is no path of Jaeger's here.`)
}
