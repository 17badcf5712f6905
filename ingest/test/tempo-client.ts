// Asks Tempo's API as its clients do, and reads both encodings as strictly as they do.
import { expect } from 'vitest'
import { strictJson, strictProtobuf } from './strict-message.ts'
import { tempoType } from './tempo-messages.ts'

export const asProtobuf = { accept: 'application/protobuf' }

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into as a client's JavaScript would
export type Answer = Record<string, any>

/** The answer in both encodings, which must say the same. */
export async function askTempo(
  url: string,
  type: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, { headers })
  const text = await response.text()
  expect([response.status, text], text).toMatchObject([200, expect.any(String)])
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  const json = strictJson(tempoType(type), text)
  const binary = await fetch(url, { headers: { ...headers, ...asProtobuf } })
  expect(binary.headers.get('content-type')).toBe('application/protobuf')
  const decoded = strictProtobuf(tempoType(type), new Uint8Array(await binary.arrayBuffer()))
  expect(tempoType(type).fromObject(json).toJSON()).toEqual(decoded)
  return json
}
