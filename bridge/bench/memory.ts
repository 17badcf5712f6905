// Memory with 100,000 spans open, in a process of its own: what the matcher holds for each, and all around it.
import { execFile } from 'node:child_process'
import { nodeOptions } from '../src/heap.ts'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const script = fileURLToPath(new URL('open-spans.ts', import.meta.url))

/** Peak resident memory of the whole process, MB. */
export async function measureMemory(): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeOptions, script])
  return Number(stdout)
}
