// A path to what tells whether two paths lead to one file.
import { stat } from 'node:fs/promises'

/** The same for every path that leads to one file; a path that leads nowhere is its own. */
export async function fileIdentity(path: string): Promise<string> {
  return stat(path).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => path,
  )
}
