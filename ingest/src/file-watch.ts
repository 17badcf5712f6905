// Tells when one of a few files has changed: by looking at them every `lookEveryMs`, since notices of the system do not
// come through mounts into containers, over networks, or where an orchestrator swaps a folder's link.
import { statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { BigIntStats } from 'node:fs'

export const lookEveryMs = 1_000

export type FileWatch = { close(): void }

/** `onChange` for every change from now on, also when a file went away or came back. */
export function watchFiles(paths: readonly string[], onChange: () => void): FileWatch {
  const first = paths.map((path) => marksOf(statSync(path, { bigint: true, throwIfNoEntry: false })))
  let before = first.join('\n')
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const look = async (): Promise<void> => {
    const now = (await Promise.all(paths.map(currentMarks))).join('\n')
    if (closed) return
    if (before !== now) {
      before = now
      onChange()
    }
    lookLater()
  }
  const lookLater = (): void => {
    timer = setTimeout(() => void look(), lookEveryMs).unref()
  }
  lookLater()
  return {
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

async function currentMarks(path: string): Promise<string> {
  try {
    return marksOf(await stat(path, { bigint: true }))
  } catch {
    return marksOf(undefined)
  }
}

function marksOf(stats: BigIntStats | undefined): string {
  return stats === undefined ? 'absent' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`
}
