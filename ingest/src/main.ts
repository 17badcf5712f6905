// The ingest process: configuration from flags, environment and file; lines with the addresses on standard output once
// it listens; ends on SIGTERM or SIGINT with 0, or with an exit code of faults.ts and the reason on standard error.
// --print-config and --help answer and end. SIGHUP: files that lines are added to were moved away.
import { exitCodes, helpText, printConfig, readConfig, startIngest, StartFault } from './index.ts'
import type { Ingest } from './index.ts'

const [command, ...rest] = process.argv.slice(2)
// As `probespan ingest …` or by itself.
const args = command === undefined || command === 'ingest' ? rest : [command, ...rest]

try {
  if (args.includes('--help')) process.stdout.write(helpText())
  else if (args.includes('--print-config')) process.stdout.write(printConfig(process.env, args))
  else await run()
} catch (error) {
  fail(error)
}

async function run(): Promise<void> {
  const ingest = await startIngest(readConfig(process.env, args))
  process.once('SIGTERM', () => void stop(ingest))
  process.once('SIGINT', () => void stop(ingest))
  // Without such files a closed terminal ends it, as usual.
  if (ingest.reopenFiles) process.on('SIGHUP', ingest.reopenFiles)
  if (ingest.otlpHttpUrl) process.stdout.write(`probespan ingest takes OTLP/HTTP on ${ingest.otlpHttpUrl}\n`)
  if (ingest.otlpGrpcUrl) process.stdout.write(`probespan ingest takes OTLP/gRPC on ${ingest.otlpGrpcUrl}\n`)
  // Last: whoever reads it may send a signal at once.
  process.stdout.write(`probespan ingest listens on ${ingest.url}\n`)
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
