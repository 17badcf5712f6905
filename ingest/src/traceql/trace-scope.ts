// A trace while a query is evaluated over it: the view, all of its fields, and a reader that is moved from span to span
// so that none has to be made for each.
import type { Field } from './ast.ts'
import { readerOf } from './trace-reader.ts'
import type { Read, TraceRead, TraceView } from './trace-view.ts'

const parentIdField: Field = { type: 'intrinsic', name: 'span:parentID' }

export class TraceScope {
  readonly view: TraceView
  readonly #read: TraceRead
  #span = 0
  readonly #readOfSpan: Read

  constructor(view: TraceView) {
    this.view = view
    this.#read = readerOf(view)
    this.#readOfSpan = (field) => this.#read(this.#span, field)
  }

  /** Good until the next call. */
  at(span: number): Read {
    this.#span = span
    return this.#readOfSpan
  }

  /** Empty for a root. */
  parentId(span: number): string {
    const [id] = this.#read(span, parentIdField)
    return id?.type === 'string' ? id.value : ''
  }
}
