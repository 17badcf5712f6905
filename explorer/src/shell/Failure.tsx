// A failed request in; the server's own words and a button to try again out.
import { Alert, Button, Group, Text } from '@mantine/core'
import { ApiFailure } from '../api/client.ts'
import styles from './Failure.module.css'

type Props = { what: string; error: Error; retry: () => void }

export function Failure({ what, error, retry }: Props) {
  const code = error instanceof ApiFailure ? error.code : error.name
  return (
    <Alert role="alert" color="red" title={what} className={styles.failure}>
      <Group justify="space-between" gap="md" wrap="nowrap">
        <div>
          <Text size="sm" className={styles.message}>
            {error.message}
          </Text>
          <Text size="xs" c="dimmed" ff="monospace">
            {code}
          </Text>
        </div>
        <Button size="xs" variant="default" onClick={retry}>
          Try again
        </Button>
      </Group>
    </Alert>
  )
}
