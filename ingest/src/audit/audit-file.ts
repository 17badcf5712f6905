// A file that lines are added to while others may move it away (logrotate): lines wait in memory, at most `waitingBytesMax`,
// and are written in order, many at once. A file that takes nothing is tried again every second; what was not written by
// then is written when it takes something again, each line whole. In: lines; out: the file, and whether it fails.
import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

const retryMs = 1_000
/** How often a file is looked for that was moved away. */
const lookEveryMs = 1_000
const writeBytesMax = 2 ** 20
/** Not for other users: queries may hold names and addresses. */
const fileMode = 0o640

export type AuditFileParts = {
  path: string
  waitingBytesMax: number
  onWritten: (lines: number) => void
  onLost: (lines: number) => void
  /** Once for each time that it begins to fail or works again. */
  onFailing: (reason: string) => void
  onWorking: () => void
}

export class AuditFile {
  readonly #parts: AuditFileParts
  #file: FileHandle
  #lines: Buffer[] = []
  #waitingBytes = 0
  /** Of the first line: already in the file that is open. */
  #partBytes = 0
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false
  #failure: string | undefined
  #lookedMs = performance.now()
  #reopenAsked = false
  readonly #ending = new AbortController()

  private constructor(parts: AuditFileParts, file: FileHandle) {
    this.#parts = parts
    this.#file = file
  }

  /** Rejects with the system's error where it cannot be written. */
  static async open(parts: AuditFileParts): Promise<AuditFile> {
    return new AuditFile(parts, await openForLines(parts.path))
  }

  /** Why nothing can be written now. */
  get failure(): string | undefined {
    return this.#failure
  }

  get isFull(): boolean {
    return this.#waitingBytes >= this.#parts.waitingBytesMax
  }

  add(text: string): void {
    const line = Buffer.from(`${text}\n`)
    if (this.#waitingBytes + line.length > this.#parts.waitingBytesMax) {
      this.#parts.onLost(1)
      return
    }
    this.#lines.push(line)
    this.#waitingBytes += line.length
    this.#start()
  }

  /** The next line goes to a file that is opened anew by its path. */
  reopen(): void {
    this.#reopenAsked = true
    this.#start()
  }

  /** Writes what waits, if it can be written; then it is on disk. */
  async close(): Promise<void> {
    this.#ending.abort()
    this.#start()
    await this.#writing
    if (this.#lines.length > 0) this.#parts.onLost(this.#lines.length)
    // A file that could not be written may not be closed either; nothing more can be done for it.
    await this.#file.datasync().catch(() => {})
    await this.#file.close().catch(() => {})
  }

  #start(): void {
    if (this.#isWriting) return
    this.#isWriting = true
    this.#writing = this.#writeAll().finally(() => (this.#isWriting = false))
  }

  async #writeAll(): Promise<void> {
    while (this.#lines.length > 0 || this.#reopenAsked) {
      try {
        await this.#followPath()
        await this.#writeSome()
        if (this.#failure !== undefined) this.#parts.onWorking()
        this.#failure = undefined
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (this.#failure === undefined) this.#parts.onFailing(reason)
        this.#failure = reason
        if (this.#ending.signal.aborted) return
        await this.#pause()
      }
    }
  }

  async #writeSome(): Promise<void> {
    let [count, bytes] = [0, 0]
    for (const { length } of this.#lines) {
      if (count > 0 && bytes + length > writeBytesMax) break
      count++
      bytes += length
    }
    if (count === 0) return
    const some = Buffer.concat(this.#lines.slice(0, count)).subarray(this.#partBytes)
    const { bytesWritten } = await this.#file.write(some)
    this.#written(bytesWritten)
  }

  #written(bytes: number): void {
    this.#partBytes += bytes
    let whole = 0
    for (const { length } of this.#lines) {
      if (this.#partBytes < length) break
      this.#partBytes -= length
      this.#waitingBytes -= length
      whole++
    }
    this.#lines.splice(0, whole)
    this.#parts.onWritten(whole)
  }

  /** Opens the file anew where it was asked for, or where another or none is at its path. */
  async #followPath(): Promise<void> {
    const nowMs = performance.now()
    const isDue = nowMs - this.#lookedMs >= lookEveryMs || this.#failure !== undefined
    if (!this.#reopenAsked && !isDue) return
    this.#lookedMs = nowMs
    if (!this.#reopenAsked && (await isSameFile(this.#parts.path, this.#file))) return
    const file = await openForLines(this.#parts.path)
    const before = this.#file
    this.#file = file
    this.#reopenAsked = false
    // The line that was begun in the old file stands whole in the new one.
    this.#partBytes = 0
    await before.close().catch(() => {})
  }

  async #pause(): Promise<void> {
    try {
      await wait(retryMs, undefined, { signal: this.#ending.signal, ref: false })
    } catch {
      // It ends: one more attempt.
    }
  }
}

async function openForLines(path: string): Promise<FileHandle> {
  const file = await open(path, 'a+', fileMode)
  const { size } = await file.stat()
  // A process that was killed may have left half a line.
  if (size > 0) {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
    if (buffer.toString() !== '\n') await file.write('\n')
  }
  return file
}

async function isSameFile(path: string, file: FileHandle): Promise<boolean> {
  const [there, ours] = await Promise.all([stat(path).catch(() => undefined), file.stat()])
  return there?.ino === ours.ino && there.dev === ours.dev
}
