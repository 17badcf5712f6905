// A C program of this folder to an executable in a test's own. Needs cc and sys/sdt.h.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `name` is that of the source, without `.c`, and of the program. Answers its path. */
export function compile(name: string, folder: string, flags: readonly string[] = []): string {
  const program = join(folder, name)
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url))
  const args = ['-O2', '-Wall', '-Wextra', '-Werror', ...flags, '-o', program, source]
  execFileSync('cc', args, { stdio: 'pipe' })
  return program
}
