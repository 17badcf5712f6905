// The bytes of a note section to the USDT probes in it: notes of the owner `stapsdt`, type 3. A note's body is three
// addresses (the probe, the base it was linked at, the semaphore or 0) and three texts (provider, name, arguments).
import { parseArguments, type UsdtArgument } from './arguments.ts'
import { Cursor, Malformed, type Layout } from './bytes.ts'

export type UsdtProbe = {
  provider: string
  name: string
  /** Address of the probe's instruction, as the file's own headers count. */
  location: bigint
  /** Address of the counter that the program looks at before it fires; absent: it always fires. */
  semaphore?: bigint
  arguments: UsdtArgument[]
}

const owner = Buffer.from('stapsdt\0')
const probeType = 3
const probesMax = 100_000

/** `base` is where `.stapsdt.base` lies now: a prelinked file's addresses have moved by the difference. */
export function readNotes(bytes: Buffer, layout: Layout, base: bigint | undefined): UsdtProbe[] {
  const cursor = new Cursor(bytes, layout)
  const probes: UsdtProbe[] = []
  while (cursor.left >= 12) {
    const [nameBytes, bodyBytes, type] = [cursor.word(), cursor.word(), cursor.word()]
    const name = cursor.slice(nameBytes)
    cursor.pad()
    const body = cursor.slice(bodyBytes)
    cursor.pad()
    if (type !== probeType || !name.equals(owner)) continue
    if (probes.length === probesMax) throw new Malformed(`it has more than ${probesMax} probes`)
    probes.push(readProbe(new Cursor(body, layout), layout, base))
  }
  return probes
}

function readProbe(cursor: Cursor, layout: Layout, base: bigint | undefined): UsdtProbe {
  const [location, linkedBase, semaphore] = [cursor.address(), cursor.address(), cursor.address()]
  const moved = base === undefined || linkedBase === 0n ? 0n : base - linkedBase
  const at = (address: bigint): bigint => BigInt.asUintN(layout.bits, address + moved)
  const texts = cursor.slice(cursor.left).toString('utf8').split('\0')
  const [provider, name, argumentText] = texts
  if (!provider || !name || texts.length < 3) throw new Malformed('a probe without provider or name')
  return {
    provider,
    name,
    location: at(location),
    ...(semaphore !== 0n && { semaphore: at(semaphore) }),
    arguments: parseArguments(argumentText ?? ''),
  }
}
