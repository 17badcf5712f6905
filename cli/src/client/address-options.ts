// What commands that ask ingest share: where it is, its key, and how they answer: text on standard output, or what went
// wrong on standard error and 1 as the process's end.
import { Option } from 'commander'
import { AskError, type IngestAddress } from './ask.ts'

export type AddressOptions = { url: string; apiKey?: string }

export const urlOption = (): Option =>
  new Option('--url <url>', 'where ingest is').env('PROBESPAN_URL').default('http://127.0.0.1:3051')
export const keyOption = (): Option =>
  new Option('--api-key <key>', 'the API key of ingest, where it wants one').env('PROBESPAN_API_KEY')

export function addressOf({ url, apiKey }: AddressOptions): IngestAddress {
  return { url, ...(apiKey !== undefined && { apiKey }) }
}

/** Notes are not part of the answer: they go to standard error. */
export type Said = string | { text: string; notes: readonly string[] }

export async function say(answer: () => Promise<Said>): Promise<void> {
  try {
    const said = await answer()
    const { text, notes } = typeof said === 'string' ? { text: said, notes: [] } : said
    if (text !== '') process.stdout.write(`${text}\n`)
    for (const note of notes) process.stderr.write(`probespan: ${note}\n`)
  } catch (error) {
    if (!(error instanceof AskError)) throw error
    process.stderr.write(`probespan: ${error.message}\n`)
    process.exitCode = 1
  }
}
