// A probe's argument string, as the compiler left it, to its arguments. `-4@%edi` is a signed integer of four bytes
// in a register, `8@-16(%rbp)` one in memory, `4@$5` a constant, `8f@%xmm0` a double; the operand is in the assembler's
// own notation, which on arm64 has spaces (`8@[sp, 16]`). Source: sys/sdt.h of SystemTap.

export type UsdtArgument = {
  /** Absent where the string does not say: sizes came with sys/sdt.h version 3. */
  bytes?: number
  signed: boolean
  float: boolean
  /** Where the value is: register, memory or constant. */
  operand: string
}

/** sys/sdt.h has probes of up to 12 arguments. */
const argumentsMax = 64

export function parseArguments(text: string): UsdtArgument[] {
  const trimmed = text.trim()
  if (trimmed === '') return []
  const sized = /^-?\d+f?@/.test(trimmed)
  const parts = trimmed.split(sized ? /\s+(?=-?\d+f?@)/ : /\s+/)
  return parts.slice(0, argumentsMax).map((part) => {
    const [, minus, digits, float, operand] = /^(-?)(\d{1,3})(f?)@(.*)$/s.exec(part) ?? []
    if (digits === undefined || operand === undefined) return { signed: false, float: false, operand: part }
    return { bytes: Number(digits), signed: minus === '-', float: float === 'f', operand: operand.trim() }
  })
}
