// `GET /api/openapi.json`: it is OpenAPI, every path of the API is in it, and what the service really answers fits it.
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { requestFaults } from '../src/faults.ts'
import { firstStart, madeTraces, send } from './asked-traces.ts'
import { getJson, startForAll } from './running.ts'

type Operation = {
  summary: string
  parameters?: { name: string; in: string; required?: boolean; schema: object }[]
  responses: Record<string, { description: string; content?: Record<string, { schema?: object }> }>
  security?: object[]
}
type Document = {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

const spans = madeTraces(3, 50)
const first = spans[0]
let url = ''
let document: Document

beforeAll(async () => {
  const ingest = await startForAll()
  url = ingest.url
  await send(url, spans)
  document = await getJson<Document>(`${url}/api/openapi.json`)
  return ingest.close
})

test('it is an OpenAPI 3.1 document', async () => {
  const validator = new Validator()
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})
