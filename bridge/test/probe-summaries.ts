// Short forms of probes for the tests of what is made of them: `probe('shop', 'order_start', 'u64/ptr', 'i32')`.
import { typeOf, type ProbeArgument, type ProbeSummary } from '../src/probes/inventory.ts'

const forms: Readonly<Record<string, Omit<ProbeArgument, 'type' | 'operand'>>> = {
  'u64/ptr': { bytes: 8, signed: false, float: false },
  u8: { bytes: 1, signed: false, float: false },
  u32: { bytes: 4, signed: false, float: false },
  i32: { bytes: 4, signed: true, float: false },
  i64: { bytes: 8, signed: true, float: false },
  f64: { bytes: 8, signed: false, float: true },
  '?': { signed: false, float: false },
}

export function argument(type: string): ProbeArgument {
  const form = forms[type]
  if (!form) throw new Error(`no form of ${type}`)
  const made = { ...form, operand: '%rdi' }
  return { ...made, type: typeOf(made, 64) }
}

export function probe(provider: string, name: string, ...types: string[]): ProbeSummary {
  return { provider, name, arguments: types.map(argument), semaphore: false, places: 1 }
}

export const fileOf = (path: string, ...probes: ProbeSummary[]) => ({
  file: { path, readPath: path },
  probes,
})
