// Names of intrinsics, as scoped (`span:name`) and as older queries write them (`name`), and what type each has.
import { intrinsics, type Intrinsic, type TextRange } from '../ast.ts'
import { Refusal } from '../mistake.ts'

/** Words that stand for an intrinsic without a scope. `parent` is none: see expression.ts. */
export const bareIntrinsics: Readonly<Record<string, Intrinsic>> = {
  name: 'span:name',
  status: 'span:status',
  statusMessage: 'span:statusMessage',
  kind: 'span:kind',
  duration: 'span:duration',
  childCount: 'span:childCount',
  traceDuration: 'trace:duration',
  rootName: 'trace:rootName',
  rootServiceName: 'trace:rootService',
  nestedSetParent: 'nestedSetParent',
  nestedSetLeft: 'nestedSetLeft',
  nestedSetRight: 'nestedSetRight',
}

export type IntrinsicType = 'string' | 'int' | 'duration' | 'status' | 'kind'

export const intrinsicTypes: Readonly<Record<Intrinsic, IntrinsicType>> = {
  'span:name': 'string',
  'span:duration': 'duration',
  'span:status': 'status',
  'span:statusMessage': 'string',
  'span:kind': 'kind',
  'span:id': 'string',
  'span:parentID': 'string',
  'span:childCount': 'int',
  'trace:id': 'string',
  'trace:duration': 'duration',
  'trace:rootName': 'string',
  'trace:rootService': 'string',
  'event:name': 'string',
  'event:timeSinceStart': 'duration',
  'link:traceID': 'string',
  'link:spanID': 'string',
  'instrumentation:name': 'string',
  'instrumentation:version': 'string',
  nestedSetParent: 'int',
  nestedSetLeft: 'int',
  nestedSetRight: 'int',
}

/** Every span has these: comparing one with nil is a mistake. Of the others a span may have none. */
export function mayBeMissing(name: Intrinsic): boolean {
  return name.startsWith('event:') || name.startsWith('link:')
}

export function scopedIntrinsicOf(scope: string, name: string, range: TextRange): Intrinsic {
  const whole = `${scope}:${name}`
  const found = intrinsics.find((intrinsic) => intrinsic === whole)
  if (found !== undefined) return found
  const there = intrinsics.filter((intrinsic) => intrinsic.startsWith(`${scope}:`)).join(', ')
  throw new Refusal(range, `there is no ${whole}`, `With ${scope}: there are ${there}.`)
}
