// Values of TraceQL as they are compared, ordered and computed with. Whole numbers, floats and durations (nanoseconds)
// compare with each other; anything else only with its own type: with another type every comparison is false, `!=` too.
import type { Arithmetic, Comparison, Static } from './ast.ts'

/** Undefined where it is no number. Durations in nanoseconds. */
export function numberOf(value: Static): bigint | number | undefined {
  if (value.type === 'int' || value.type === 'float') return value.value
  return value.type === 'duration' ? value.nano : undefined
}

/** What equal values of one type have in common, for groups: a key of a Map. */
export function keyOf(value: Static): string {
  switch (value.type) {
    case 'string':
      return `s${value.value}`
    case 'int':
      return `i${value.value}`
    case 'float':
      return `f${value.value}`
    case 'boolean':
      return `b${value.value}`
    case 'duration':
      return `d${value.nano}`
    case 'status':
      return `S${value.status}`
    case 'kind':
      return `k${value.kind}`
    case 'nil':
      return ''
  }
}

/** Negative where `left` comes first, 0 where they are equal; undefined where they cannot be compared, or with NaN. */
export function orderOf(left: Static, right: Static): number | undefined {
  if (left.type === 'string') return right.type === 'string' ? textOrder(left.value, right.value) : undefined
  const [one, other] = [numberOf(left), numberOf(right)]
  if (one !== undefined && other !== undefined) {
    // Whole numbers and floats compare exactly in JavaScript, beyond 2^53 too.
    if (one < other) return -1
    if (one > other) return 1
    return Number.isNaN(one) || Number.isNaN(other) ? undefined : 0
  }
  if (left.type !== right.type || left.type === 'nil' || right.type === 'nil') return undefined
  return keyOf(left) === keyOf(right) ? 0 : 1
}

/** By code points, as UTF-8 bytes order: a surrogate comes after every other character. */
function textOrder(left: string, right: string): number {
  if (left === right) return 0
  const shared = Math.min(left.length, right.length)
  let at = 0
  while (at < shared && left.charCodeAt(at) === right.charCodeAt(at)) at++
  if (at === shared) return left.length - right.length
  const isHigh = (text: string): boolean => (text.charCodeAt(at) & 0xf800) === 0xd800
  if (isHigh(left) !== isHigh(right)) return isHigh(left) ? 1 : -1
  return left.charCodeAt(at) - right.charCodeAt(at)
}

/** All but patterns. */
export function compare(op: Exclude<Comparison, '=~' | '!~'>, left: Static, right: Static): boolean {
  const order = orderOf(left, right)
  // NaN is unequal to every number.
  if (order === undefined) return op === '!=' && numberOf(left) !== undefined && numberOf(right) !== undefined
  switch (op) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/**
 * Two whole numbers give a whole number of 64 bits (`/` cut off), anything else a float; durations count nanoseconds.
 * Undefined (nil) where a side is no number, and for a whole number divided by zero.
 */
export function arithmetic(op: Arithmetic, left: Static, right: Static): Static | undefined {
  if (left.type === 'int' && right.type === 'int') return wholeResult(op, left.value, right.value)
  const [one, other] = [numberOf(left), numberOf(right)]
  if (one === undefined || other === undefined) return undefined
  return { type: 'float', value: floatResult(op, Number(one), Number(other)) }
}

function wholeResult(op: Arithmetic, left: bigint, right: bigint): Static | undefined {
  if ((op === '/' || op === '%') && right === 0n) return undefined
  if (op === '^') {
    const power = Number(left) ** Number(right)
    // Beyond it, and for negative exponents, it is no whole number of 64 bits.
    const isWhole = right >= 0n && Math.abs(power) < 2 ** 63
    return isWhole ? { type: 'int', value: left ** right } : { type: 'float', value: power }
  }
  const result = { '+': left + right, '-': left - right, '*': left * right }
  const value = op === '/' ? left / right : op === '%' ? left % right : result[op]
  return { type: 'int', value: BigInt.asIntN(64, value) }
}

function floatResult(op: Arithmetic, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
    case '^':
      return left ** right
  }
}

export function negative(value: Static): Static | undefined {
  if (value.type === 'int') return { type: 'int', value: BigInt.asIntN(64, -value.value) }
  if (value.type === 'float') return { type: 'float', value: -value.value }
  if (value.type === 'duration') return { type: 'duration', nano: -value.nano }
  return undefined
}
