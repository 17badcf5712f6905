// One `attribute=` of the API to a condition of TraceQL's tree: `key=value`, `key!=value`, `key=~regex`, `key!~regex`,
// `key<5`, `key<=5`, `key>5`, `key>=5`, `key?`, `!key`. The first operator counts, so that values may hold any of them;
// what this cannot say (a key with `<`, `>` or `!` at its end, a value that begins with `~`) TraceQL can. Pure.
import type { Comparison, Expression, Static } from '../traceql/ast.ts'
import { compiledPattern } from '../traceql/pattern.ts'

export type AttributeCondition =
  | { ok: true; condition: Expression }
  /** Completes "attribute is …: it …". */
  | { ok: false; mistake: string }

const form = /^(?<key>.*?)(?<op>!=|!~|=~|<=|>=|[=<>])(?<value>.*)$/su
const decimal = /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i
const forms = 'key=value, key!=value, key=~regex, key!~regex, key<5, key<=5, key>5, key>=5, key? or !key'

export function readAttributeFilter(text: string): AttributeCondition {
  const { key = '', op, value = '' } = form.exec(text)?.groups ?? {}
  if (op === undefined) return readPresence(text)
  if (key === '') return { ok: false, mistake: `must have a key before ${op}, as in ${forms}` }
  if (op === '=') return { ok: true, condition: { type: 'writtenAs', key, text: value } }
  if (op === '!=') {
    const other: Expression = { type: 'not', of: { type: 'writtenAs', key, text: value } }
    return { ok: true, condition: { type: 'and', left: presence(key, '!='), right: other } }
  }
  if (op === '=~' || op === '!~') return readRegex(key, op, value)
  if (!isOrder(op) || !decimal.test(value)) {
    return { ok: false, mistake: `must have a number after ${op}, not ${JSON.stringify(value)}` }
  }
  return { ok: true, condition: compare(key, op, numberOf(value)) }
}

const isOrder = (op: string): op is '<' | '<=' | '>' | '>=' => /^[<>]=?$/.test(op)

function readPresence(text: string): AttributeCondition {
  const isThere = text.endsWith('?')
  const key = isThere ? text.slice(0, -1) : text.slice(1)
  if (key === '' || !(isThere || text.startsWith('!'))) return { ok: false, mistake: `must be ${forms}` }
  return { ok: true, condition: presence(key, isThere ? '!=' : '=') }
}

function readRegex(key: string, op: '=~' | '!~', value: string): AttributeCondition {
  const { fault } = compiledPattern(value)
  if (fault !== undefined) {
    return { ok: false, mistake: `must have a regular expression of RE2 after ${op} (${fault})` }
  }
  return { ok: true, condition: compare(key, op, { type: 'string', value }) }
}

/** `= nil` is an attribute that is not there. */
const presence = (key: string, op: '=' | '!='): Expression => compare(key, op, { type: 'nil' })

function compare(key: string, op: Comparison, value: Static): Expression {
  const field: Expression = {
    type: 'field',
    field: { type: 'attribute', scope: 'any', key, ofParent: false },
  }
  return { type: 'compare', op, left: field, right: { type: 'static', value } }
}

/** Whole numbers beyond 64 bits are compared as doubles. */
function numberOf(text: string): Static {
  if (/^-?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) {
    return { type: 'int', value: BigInt(text) }
  }
  return { type: 'float', value: Number(text) }
}
