// A mark of a span in; its badge out, whose words are also what a screen reader says.
import { VisuallyHidden } from '@mantine/core'
import type { Mark } from '../format/marks.ts'
import styles from './MarkBadge.module.css'

export function MarkBadge({ mark }: { mark: Mark }) {
  return (
    <span className={styles.badge} data-mark={mark.name} title={mark.sentence}>
      {mark.label}
      <VisuallyHidden>: {mark.sentence}</VisuallyHidden>
    </span>
  )
}
