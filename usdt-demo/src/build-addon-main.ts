// Process: builds the probes if needed and prints one line. Exit code 1 with the reason if it could not.
import { buildAddon } from './build-addon.ts'
import { finalWords } from './operational-error.ts'

try {
  const { path, built } = await buildAddon()
  console.log(built ? `built ${path}` : `up to date: ${path}`)
} catch (error) {
  console.error(finalWords(error))
  process.exitCode = 1
}
