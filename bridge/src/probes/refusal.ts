// An inventory without a probe to the one error that says why, and what to do.
import { BridgeError } from '../errors.ts'
import type { FileRefusal, Inventory } from './inventory.ts'

const stockPrograms =
  'Debian programs that have some: postgresql (postgres), python3, openjdk (libjvm.so), ruby (libruby), php, libvirt, sssd; node, mariadb, nginx, redis and perl have none'

/** `what` names the target; `provider` is the glob that was asked for. */
export function nothingFound(
  inventory: Inventory,
  what: string,
  provider: string | undefined,
  providers: readonly string[],
): BridgeError {
  if (provider !== undefined && providers.length > 0) {
    return new BridgeError(
      'probe_missing',
      `${what} has no probes of a provider "${provider}"; its providers: ${providers.join(', ')}`,
    )
  }
  const [refusal] = inventory.refusals
  if (refusal && inventory.refusals.length === inventory.filesRead) return refusedFile(refusal)
  const looked = inventory.filesRead === 1 ? 'it' : `the ${inventory.filesRead} files looked into`
  const unread =
    inventory.refusals.length === 0
      ? ''
      : ` (${inventory.refusals.length} of them could not be read, such as ${refusal?.file.path}: run as root)`
  return new BridgeError(
    'probe_missing',
    `${what} has no USDT probes: none in ${looked}${unread}. They are compiled in (sys/sdt.h; often a build option such as --enable-dtrace). ${stockPrograms}`,
  )
}

/** One line: why a file's probes are not known. */
export function refusalText({ file, reading }: FileRefusal): string {
  return refusedFile({ file, reading }).message
}

function refusedFile({ file: { path }, reading: { reason, detail } }: FileRefusal): BridgeError {
  switch (reason) {
    case 'unreadable':
      return detail === 'EACCES' || detail === 'EPERM'
        ? new BridgeError('not_permitted', `cannot read ${path} (${detail}): run as root`)
        : new BridgeError('config_invalid', `cannot read ${path} (${detail})`)
    case 'not_elf': {
      const interpreter = /^#! *(\S+)/.exec(detail)?.[1]
      return new BridgeError(
        'config_invalid',
        interpreter === undefined
          ? `${path} is no ELF file (it begins with "${detail}"): give a compiled program or library`
          : `${path} is no ELF file but a script: give the program that runs it (${interpreter}), or --pid of a process`,
      )
    }
    case 'malformed':
      return new BridgeError('config_invalid', `${path} is an ELF file, but damaged: ${detail}`)
  }
}
