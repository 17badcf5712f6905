// What bpftrace reads of a text at most, to what is shown of it. Bytes of UTF-8, by version and environment.
import { maxStringBytes, stringLengthVariable, type BpftraceVersion } from '../bpftrace/version.ts'
import { isOfScript, type Definition } from './definition.ts'
import { stringBytesThatFit } from './program.ts'

/**
 * The most bytes of any text that are shown: one less than bpftrace reads, whose limit counts the final zero. `variables`
 * are those of bpftrace's environment.
 */
export function textBytesMax(
  definition: Definition,
  version: BpftraceVersion,
  variables: Readonly<Record<string, string | undefined>>,
): number {
  // A script of the user's: how long its texts are is its own affair.
  if (isOfScript(definition)) return Infinity
  const fit = stringLengthVariable(version) === undefined ? undefined : stringBytesThatFit(definition)
  return (fit?.ok === true ? fit.bytes : maxStringBytes(variables)) - 2
}
