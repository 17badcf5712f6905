// `/api/search/tags`, `/api/search/tag/{name}/values` and their v2: which attributes there are and which values they have,
// for who types a query. Of the newest spans in range, as far as the budget goes.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestFault } from '../faults.ts'
import { Parameters, refused } from '../go-values/parameters.ts'
import type { AttributeKeysFound, FieldValuesFound } from '../store/questions.ts'
import type { Expression, Field } from '../traceql/ast.ts'
import { conditionsOf } from '../traceql/unfinished.ts'
import { send } from './answer.ts'
import { searchRange } from './range-parameters.ts'
import type { TempoParts } from './routes.ts'
import {
  searchTagsResponseType,
  searchTagsV2ResponseType,
  searchTagValuesResponseType,
  searchTagValuesV2ResponseType,
} from './schema.ts'
import { tagFieldOf, unscopedTagFieldOf } from './tag-field.ts'
import { tagScopes, tagsResponse, tagsV2Response } from './tag-names.ts'
import type { TagsAsked } from './tag-names.ts'
import {
  askedOfSpans,
  knownValues,
  tagValuesOf,
  tagValuesResponse,
  tagValuesV2Response,
} from './tag-values.ts'

/** What Grafana asks for; it shows a thousand at most. */
const usualLimit = 5_000
const limitMax = 100_000

type Values = { values: ReturnType<typeof tagValuesOf>; found: FieldValuesFound | undefined }

export async function tagRoutes(app: FastifyInstance, { store, queue }: TempoParts): Promise<void> {
  async function keysFor(
    request: FastifyRequest,
    { scope }: TagsAsked,
  ): Promise<AttributeKeysFound | undefined> {
    if (scope === 'intrinsic') return undefined
    const range = searchRange(new Parameters(request.query))
    return queue.take(request.signal, (budget) => store.attributeKeys({ ...range, budget }))
  }

  async function valuesFor(request: FastifyRequest, field: Field, condition?: Expression): Promise<Values> {
    const parameters = new Parameters(request.query)
    const question = {
      ...searchRange(parameters),
      ...askedOfSpans(field, condition),
      limit: limitOf(parameters),
    }
    const values = knownValues(field)
    if (values !== undefined) return { values, found: undefined }
    const found = await queue.take(request.signal, (budget) => store.fieldValues({ ...question, budget }))
    return { values: tagValuesOf(found), found }
  }

  app.get('/api/search/tags', async (request, reply) => {
    const asked = tagsAsked(request)
    return send(request, reply, searchTagsResponseType, tagsResponse(await keysFor(request, asked), asked))
  })
  app.get('/api/v2/search/tags', async (request, reply) => {
    const asked = tagsAsked(request)
    return send(
      request,
      reply,
      searchTagsV2ResponseType,
      tagsV2Response(await keysFor(request, asked), asked),
    )
  })
  // A name may have slashes.
  app.get('/api/search/tag/*', async (request, reply) => {
    const name = tagNameOf(request)
    const virtual = virtualValues(name)
    const { values, found } =
      virtual === undefined
        ? await valuesFor(request, known(name, unscopedTagFieldOf(name)))
        : { values: virtual, found: undefined }
    return send(request, reply, searchTagValuesResponseType, tagValuesResponse(values, found))
  })
  app.get('/api/v2/search/tag/*', async (request, reply) => {
    const name = tagNameOf(request)
    const condition = conditionsOf(new Parameters(request.query).text('q') ?? '')
    const { values, found } = await valuesFor(request, known(name, tagFieldOf(name)), condition)
    return send(request, reply, searchTagValuesV2ResponseType, tagValuesV2Response(values, found))
  })
}

function tagsAsked({ query }: FastifyRequest): TagsAsked {
  const parameters = new Parameters(query)
  const readScope = (text: string) => tagScopes.find((scope) => scope === text)
  return {
    scope: parameters.read('scope', readScope, `one of ${tagScopes.join(', ')}`) ?? 'none',
    limit: limitOf(parameters),
  }
}

/** 0 is the usual one. */
const limitOf = (parameters: Parameters): number =>
  Math.min(parameters.count('limit', { min: 0, max: 2 ** 32 - 1 }) || usualLimit, limitMax)

function tagNameOf({ url, params }: FastifyRequest): string {
  const { '*': rest = '' } = { '*': undefined, ...Object(params) }
  const [, name = ''] = /^(.+)\/values$/s.exec(String(rest)) ?? []
  if (name !== '') return name
  throw new RequestFault(
    'path_unknown',
    `${url.split('?')[0]} is no path of Tempo's: it ends with /TAG/values.`,
  )
}

function known(name: string, field: Field | undefined): Field {
  if (field !== undefined) return field
  throw refused(
    'the tag',
    name,
    'it names no field: write it as resource.service.name, span.KEY, .KEY or name',
  )
}

/** Of the older search, which had no statuses. */
function virtualValues(name: string): ReturnType<typeof tagValuesOf> | undefined {
  const keyword = (value: string) => ({ type: 'keyword', value })
  if (name === 'status.code') return ['unset', 'ok', 'error'].map(keyword)
  return name === 'error' ? [keyword('true')] : undefined
}
