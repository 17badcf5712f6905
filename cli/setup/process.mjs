// Running programs for the set-up: quietly until they fail, or as the task itself with the terminal handed over.
import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectFolder = fileURLToPath(new URL('../../', import.meta.url))

/** The environment in which `node`, npm and every script they start are the project's Node. */
export function environmentOf(node) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
}

/** Runs a program to its end; fails with its last output when it fails. Answers its stdout. */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: projectFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    })
    let stdout = ''
    let said = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      said = (said + chunk).slice(-4000)
    })
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-4000)
    })
    child.on('error', (error) => reject(new Error(`${program} could not be started: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout)
      else
        reject(
          new Error(
            `${program} ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}:\n${said.trim()}`,
          ),
        )
    })
  })
}

/**
 * Runs the task itself on this terminal and answers its exit code. A terminal's Ctrl-C reaches it without help;
 * signals sent to this process alone are passed on. Either way this process waits until the task has cleaned up.
 */
export function runUnder(node, args, cwd = projectFolder) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd, stdio: 'inherit', env: environmentOf(node) })
    process.on('SIGINT', () => {
      if (!process.stdin.isTTY) child.kill('SIGINT')
    })
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}
