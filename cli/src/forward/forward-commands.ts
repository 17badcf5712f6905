// `probespan forward …`: asks a running ingest how its destinations are doing and what they refused, and has that sent
// again or dropped. In: flags; out: text or JSON.
import { InvalidArgumentError, type Command } from 'commander'
import { addressOf, keyOption, say, urlOption, type AddressOptions } from '../client/address-options.ts'
import { changeDestination, destinations, refusedBatches } from '../client/ingest-client.ts'
import { refusedText, statusText } from './forward-text.ts'

type JsonFlag = AddressOptions & { json?: boolean }
type RefusedFlags = JsonFlag & { after: number; limit: number }
type BatchFlag = AddressOptions & { id?: number }

export function addForwardCommands(program: Command): void {
  const forward = program
    .command('forward')
    .description('look after the destinations that ingest forwards to')
  const add = (name: string, description: string): Command =>
    forward.command(name).description(description).addOption(urlOption()).addOption(keyOption())

  add('status', 'how far each destination is, and what is wrong with it')
    .option('--json', 'JSON instead of text')
    .action((flags: JsonFlag) =>
      say(async () => {
        const found = await destinations(addressOf(flags))
        return flags.json === true ? JSON.stringify(found) : statusText(found, Date.now())
      }),
    )
  add('refused', 'what a destination refused: when, why, which spans; oldest first')
    .argument('<destination>', 'its name')
    .option('--after <id>', 'only those after this one', wholeNumber, 0)
    .option('--limit <count>', 'how many at most (1 to 100)', wholeNumber, 20)
    .option('--json', 'JSON instead of text')
    .action((name: string, flags: RefusedFlags) =>
      say(async () => {
        const found = await refusedBatches(addressOf(flags), name, flags.after, flags.limit)
        return flags.json === true ? JSON.stringify(found) : refusedText(found)
      }),
    )
  add('replay', 'send again what a destination refused (needs a key that may administer)')
    .argument('<destination>', 'its name')
    .option('--id <id>', 'only this batch', wholeNumber)
    .action((name: string, flags: BatchFlag) =>
      say(async () => {
        const batches = await changeDestination(addressOf(flags), name, 'replay', flags.id)
        return `batches to be sent again: ${batches}`
      }),
    )
  add('drop', 'forget what a destination refused (needs a key that may administer)')
    .argument('<destination>', 'its name')
    .option('--id <id>', 'only this batch', wholeNumber)
    .action((name: string, flags: BatchFlag) =>
      say(async () => {
        const batches = await changeDestination(addressOf(flags), name, 'drop', flags.id)
        return `batches dropped: ${batches}`
      }),
    )
  add('forget', 'forget a destination that is not configured any more (needs a key that may administer)')
    .argument('<destination>', 'its name')
    .action((name: string, flags: AddressOptions) =>
      say(async () => {
        const batches = await changeDestination(addressOf(flags), name, 'forget')
        return `forgotten; batches dropped: ${batches}`
      }),
    )
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number.')
}
