// Asks the service over one connection that stays open, one question after the other. In: questions by name; out:
// milliseconds from the request to the answer's last byte. Any answer but 200 rejects, and one that is not whole.
import { Agent, get } from 'node:http'
import { questions } from './query-questions.ts'
import type { QuestionName } from './query-questions.ts'

export type Range = { start: bigint; end: bigint }
export type Asker = { ask: (name: QuestionName, time: number) => Promise<number>; close: () => void }

/** Traces by id are taken from so many parts of the range. */
const parts = 20
const tracesOfPart = 8

export async function createAsker(url: string, { start, end }: Range): Promise<Asker> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const traceIds: string[] = []
  for (let part = 1; part <= parts; part++) {
    const until = start + ((end - start) * BigInt(part)) / BigInt(parts)
    const found: unknown = JSON.parse(
      await answerTo(`${url}/api/traces?end=${until}&limit=${tracesOfPart}`, agent),
    )
    traceIds.push(...idsOf(found))
  }
  return {
    async ask(name, time) {
      const path = questions.path(name, { time, start, end, traceIds })
      const startedMs = performance.now()
      const answer = await answerTo(url + path, agent)
      const tookMs = performance.now() - startedMs
      if (answer.includes('"cutShort"'))
        throw new Error(`the answer to ${path} is not whole: ${answer.slice(-400)}`)
      return tookMs
    },
    close: () => agent.destroy(),
  }
}

function idsOf(answer: unknown): string[] {
  const { traces }: { traces?: unknown } = Object(answer)
  if (!Array.isArray(traces)) return []
  return traces.map((trace) => String(Object(trace).traceId))
}

function answerTo(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode === 200) resolve(body)
        else reject(new Error(`${url} was answered ${response.statusCode}: ${body.slice(0, 400)}`))
      })
    }).once('error', reject)
  })
}
