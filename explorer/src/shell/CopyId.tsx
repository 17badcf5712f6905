// An id in; the id as text that can be selected, with a button that copies it.
import { CopyButton, UnstyledButton } from '@mantine/core'
import styles from './CopyId.module.css'

type Props = { id: string; label: string }

export function CopyId({ id, label }: Props) {
  return (
    <span className={styles.root}>
      <code className={styles.id}>{id}</code>
      <CopyButton value={id}>
        {({ copied, copy }) => (
          <UnstyledButton className={styles.button} onClick={copy} aria-label={`Copy ${label}`}>
            {copied ? 'copied' : 'copy'}
          </UnstyledButton>
        )}
      </CopyButton>
    </span>
  )
}
