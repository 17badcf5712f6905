// A recording: bpftrace's stdout as it came, behind one line of the bridge's own that says what the stream itself
// does not: the bpftrace version, how its clock related to Unix time, and what process it watched.
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import { readOutput, recordingType } from './bpftrace/output.ts'
import { parseVersion, versionText, type BpftraceVersion } from './bpftrace/version.ts'
import { BridgeError } from './errors.ts'

export type RecordingHead = {
  bpftrace: BpftraceVersion
  /** CLOCK_BOOTTIME + this = Unix time, nanoseconds. */
  bootToUnixNs: bigint
  resource: Resource
}

/** `bytes` are the lines behind the head. */
export type Recording = { head: RecordingHead; bytes: Buffer }

/** The lines of a recording are small enough to hold: a guard against naming the wrong file. */
const recordingBytesMax = 256 * 1024 * 1024

/** Recordings are passed around: no host names and no paths in them. */
const recordedAttributes = ['service.name', 'process.pid', 'process.executable.name']

export function headLine(head: RecordingHead): string {
  const resource = Object.fromEntries(recordedAttributes.map((key) => [key, head.resource.attributes[key]]))
  const data = {
    bpftrace: versionText(head.bpftrace),
    bootToUnixNs: head.bootToUnixNs.toString(),
    resource,
  }
  return `${JSON.stringify({ type: recordingType, data })}\n`
}

/** Writes a recording. A disk that fails later ends the recording, not the bridge. */
export class Recorder {
  private readonly stream: WriteStream
  private failed = false

  private constructor(stream: WriteStream, onError: (error: Error) => void) {
    this.stream = stream
    stream.on('error', (error) => {
      this.failed = true
      onError(error)
    })
  }

  /** Throws BridgeError `config_invalid` where the file cannot be written. */
  static async open(path: string, head: RecordingHead, onError: (error: Error) => void): Promise<Recorder> {
    const stream = createWriteStream(path)
    await once(stream, 'open').catch((error: Error) => {
      throw new BridgeError(
        'config_invalid',
        `cannot record into ${path} (${error.message}): give --record a file that can be written`,
      )
    })
    stream.write(headLine(head))
    return new Recorder(stream, onError)
  }

  /** A line as `lineText` has it. */
  write(line: string): void {
    if (!this.failed) this.stream.write(`${line}\n`, 'latin1')
  }

  async close(): Promise<void> {
    if (!this.failed) await new Promise<void>((resolve) => this.stream.end(resolve))
  }
}

/** Throws BridgeError `config_invalid` where the file is no recording. */
export async function readRecording(path: string): Promise<Recording> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new BridgeError('config_invalid', `cannot read the recording ${path}: ${error.code}`)
  })
  const lineEnd = bytes.indexOf('\n')
  const record = readOutput(bytes.subarray(0, lineEnd === -1 ? 0 : lineEnd).toString('latin1'))
  const head = record.kind === 'recording' ? headOf(record.data) : undefined
  if (!head || bytes.length > recordingBytesMax) {
    throw new BridgeError(
      'config_invalid',
      `${path} is no recording of at most ${recordingBytesMax} bytes: make one with "probespan bridge --record FILE"`,
    )
  }
  return { head, bytes: bytes.subarray(lineEnd + 1) }
}

function headOf(data: { [key: string]: unknown }): RecordingHead | undefined {
  const bpftrace = parseVersion(String(data.bpftrace))
  const offset = String(data.bootToUnixNs)
  if (!bpftrace || !/^-?\d+$/.test(offset)) return undefined
  const attributes: Record<string, string | number> = {}
  for (const [key, value] of Object.entries(data.resource ?? {})) {
    if (typeof value === 'string' || typeof value === 'number') attributes[key] = value
  }
  return { bpftrace, bootToUnixNs: BigInt(offset), resource: resourceFromAttributes(attributes) }
}
