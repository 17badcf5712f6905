// How many keys the kernel's maps get in which starts wait for their ends, and by which variable bpftrace takes that. Its
// own default of 4,096 is few for a busy server; but maps are made whole at once, and each key costs every map of the
// program some. Sizes as the kernel tells them in /proc/PID/fdinfo, of 0.17.0, 0.23.2 and 0.27.1.
import type { BpftraceVersion } from '../bpftrace/version.ts'
import { stringLengthVariable } from '../bpftrace/version.ts'
import type { Definition } from './definition.ts'
import { blocksOf, isString, stringBytesThatFit } from './program.ts'

/** As many as the bridge itself holds open. */
const keysMax = 100_000
/** bpftrace's default. */
const keysMin = 4096
/** In all, of one program; more only where bpftrace's own default takes more. */
const budgetBytes = 128 * 1024 * 1024

/** Of a map's element: its head, and two places in the table, which has a power of two of them. */
const elementBytes = 48 + 2 * 16
/** From 0.23 on a string takes 1024 bytes, whatever is in it. */
const wholeStringBytes = 1024

/** The name changed between 0.19 and 0.23, which no longer likes the old one; others pass over the one they do not know. */
export const mapKeysVariables = ({ major, minor }: BpftraceVersion): readonly string[] =>
  major > 0 || minor >= 23 ? ['BPFTRACE_MAX_MAP_KEYS'] : ['BPFTRACE_MAP_KEYS_MAX', 'BPFTRACE_MAX_MAP_KEYS']

/** Undefined where nothing is paired in the kernel: then bpftrace's default is plenty. */
export function mapKeysOf(
  definition: Definition,
  version: BpftraceVersion,
  cpus: number,
): number | undefined {
  const begins = blocksOf(definition).filter(({ isBegin }) => isBegin)
  if (begins.length === 0) return undefined
  const fit = stringBytesThatFit(definition)
  const ofString = stringLengthVariable(version) !== undefined && fit.ok ? fit.bytes : wholeStringBytes
  const bytesOf = (expression: string): number => (isString(expression) ? ofString : 8)
  // The program's count of its events, on every CPU.
  let bytes = elementBytes + 8 + 8 + 8 * cpus
  for (const { layout } of begins) {
    const keyBytes = layout.keyParts.reduce((sum, part) => sum + bytesOf(part), 8)
    const values = ['nsecs', 'tid', ...layout.fields.map(({ expression }) => expression)]
    for (const value of values) bytes += elementBytes + keyBytes + bytesOf(value)
  }
  return Math.max(keysMin, Math.min(keysMax, Math.floor(budgetBytes / bytes)))
}
