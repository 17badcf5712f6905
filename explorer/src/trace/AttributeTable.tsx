// Attributes in; a table of them by key out, under its title. Nothing where there are none.
import type { KeyValue } from '@probespan/ingest/wire'
import type { ReactNode } from 'react'
import { showValue } from '../format/attribute.ts'
import styles from './SpanDetails.module.css'

type Props = { title: string; attributes: readonly KeyValue[] }

export function AttributeTable({ title, attributes }: Props) {
  if (attributes.length === 0) return null
  return (
    <section>
      <h3 className={styles.section}>
        {title} <span className={styles.count}>{attributes.length}</span>
      </h3>
      <AttributeRows title={title} attributes={attributes} />
    </section>
  )
}

export function AttributeRows({ title, attributes }: Props) {
  const sorted = attributes.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return (
    <table className={styles.attributes} aria-label={title}>
      <tbody>
        {sorted.map(({ key, value }, index) => {
          const { type, text } = showValue(value)
          return (
            // A sender may repeat a key: both are shown.
            <tr key={`${key} ${index}`}>
              <th scope="row">{breakable(key)}</th>
              <td title={type} data-type={type}>
                {text === '' ? (
                  <span className={styles.dim}>{type === 'empty' ? 'no value' : 'empty'}</span>
                ) : (
                  text
                )}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

/** A dotted name may be broken after its dots, and elsewhere only where a part alone is too long. */
function breakable(name: string): ReactNode[] {
  return name.split(/(?<=\.)/).flatMap((part, index) => (index === 0 ? [part] : [<wbr key={index} />, part]))
}
