// The store's questions as calls to the reading threads. In: a way to ask them; out: methods of Questions.
import type { Questions } from '../../questions.ts'
import type { Caller } from '../calls.ts'
import type { ReaderCalls } from '../reader-thread.ts'

/** `askFirst`: the thread that remembers the page before. */
export function questionCalls({
  ask,
  askFirst,
}: Record<'ask' | 'askFirst', Caller<ReaderCalls>>): Omit<Questions, 'dependencies' | 'onCommit'> {
  return {
    search: (question) => (question.after === undefined ? ask : askFirst)('search', question),
    measure: (question) => ask('measure', question),
    red: (question) => ask('red', question),
    attributeKeys: (question) => ask('attributeKeys', question),
    fieldValues: (question) => ask('fieldValues', question),
    operations: (service) => ask('operations', service),
    tail: (question) => ask('tail', question),
    lastBlock: () => ask('lastBlock', undefined),
  }
}
