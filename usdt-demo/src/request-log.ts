// The request log: one JSON line for each served request, appended to a file, with exactly the values that the probes
// were given (nanoseconds as decimal strings). Bound: 100,000 lines waiting for the disk; more is a failure.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import ndjson from 'ndjson'
import { OperationalError } from './operational-error.ts'

const linesWaitingMax = 100_000

export interface LogLine {
  id: string
  method: string
  /** Empty where no route matched. */
  route: string
  status: number
  startUnixNano: string
  durationNano: string
  traceparent?: string
}

export interface RequestLog {
  write(line: LogLine): void
  /** Resolves when every line written is in the file. */
  close(): Promise<void>
}

export const noRequestLog: RequestLog = { write: () => undefined, close: () => Promise.resolve() }

/**
 * Opens the file for appending; throws an OperationalError if it cannot be. A later failure (disk full, disk too slow)
 * goes to `onFailure`: a log with holes would say that requests were not served.
 */
export async function openRequestLog(path: string, onFailure: (error: Error) => void): Promise<RequestLog> {
  const file = createWriteStream(path, { flags: 'a' })
  try {
    await once(file, 'open')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OperationalError(
      `The request log ${path} cannot be opened: ${reason}. Set SHOP_LOG to a writable file.`,
      {
        cause: error,
      },
    )
  }
  const fail = (reason: string): void =>
    onFailure(new OperationalError(`The request log ${path} cannot be written: ${reason}`))
  file.on('error', ({ message }) => fail(message))
  const lines = ndjson.stringify()
  lines.pipe(file)
  return {
    write(line) {
      if (lines.writableLength < linesWaitingMax) lines.write(line)
      else fail(`${linesWaitingMax} lines wait for the disk`)
    },
    async close() {
      lines.end()
      if (!file.closed) await once(file, 'close')
    },
  }
}
