// A container's name to its id, as the engines' own command lines tell it: `docker inspect`, then `podman inspect`.
import { execa } from 'execa'
import { BridgeError } from '../errors.ts'

export type EngineAnswer = { id: string; running: boolean }

const engines = ['docker', 'podman'] as const
const answerTimeoutMs = 15_000
const form = '{{.Id}} {{.State.Running}}'

/**
 * Rejects with BridgeError: `config_invalid` where no engine is installed or can be asked, `target_gone` where none
 * knows the name.
 */
export async function inspectContainer(name: string): Promise<EngineAnswer> {
  const said: string[] = []
  let asked = false
  for (const engine of engines) {
    const result = await execa(engine, ['inspect', '--type', 'container', '--format', form, name], {
      reject: false,
      stdin: 'ignore',
      timeout: answerTimeoutMs,
    })
    const answer = parseInspect(result.stdout)
    if (answer) return answer
    if (result.code === 'ENOENT') continue
    if (knowsNone(result.stderr)) asked = true
    else
      said.push(`${engine}: ${result.timedOut ? `no answer in ${answerTimeoutMs} ms` : result.stderr.trim()}`)
  }
  const remarks = said.length > 0 ? ` (${said.join('; ')})` : ''
  if (asked) {
    throw new BridgeError(
      'target_gone',
      `there is no container "${name}"${remarks}: "docker ps" or "podman ps" lists those that run`,
    )
  }
  throw new BridgeError(
    'config_invalid',
    said.length > 0
      ? `no engine could be asked about the container "${name}"${remarks}: start the engine, or give the container's id (64 digits), for which none is needed`
      : `neither docker nor podman is installed here to ask about the container "${name}": give its id (12 digits or more of it), or --pid with the pid of its process`,
  )
}

export function parseInspect(stdout: string): EngineAnswer | undefined {
  const [, id, running] = /^([0-9a-f]{64}) (true|false)\s*$/.exec(stdout) ?? []
  return id === undefined ? undefined : { id, running: running === 'true' }
}

export function knowsNone(stderr: string): boolean {
  return /no such (container|object)/i.test(stderr)
}
