// The ingest process: configuration from the environment; lines with the addresses on standard output once it
// listens; ends on SIGTERM or SIGINT with 0, or with an exit code of faults.ts and the reason on standard error.
import { exitCodes, readConfig, startIngest, StartFault } from './index.ts'
import type { Ingest } from './index.ts'

try {
  const ingest = await startIngest(readConfig(process.env))
  process.once('SIGTERM', () => void stop(ingest))
  process.once('SIGINT', () => void stop(ingest))
  if (ingest.otlpHttpUrl) process.stdout.write(`probespan ingest takes OTLP/HTTP on ${ingest.otlpHttpUrl}\n`)
  if (ingest.otlpGrpcUrl) process.stdout.write(`probespan ingest takes OTLP/gRPC on ${ingest.otlpGrpcUrl}\n`)
  // Last: whoever reads it may send a signal at once.
  process.stdout.write(`probespan ingest listens on ${ingest.url}\n`)
} catch (error) {
  fail(error)
}

async function stop(ingest: Ingest): Promise<void> {
  try {
    await ingest.close()
    process.exit(0)
  } catch (error) {
    fail(error)
  }
}

function fail(error: unknown): never {
  const known = error instanceof StartFault
  const words = known
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error)
  process.stderr.write(`probespan ingest: ${words}\n`)
  process.exit(exitCodes[known ? error.code : 'unexpected'])
}
