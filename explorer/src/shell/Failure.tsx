// A failed request in; the server's own words and a button to try again out.
import { Alert, Button, Group, Text } from '@mantine/core'
import { ApiFailure } from '../api/client.ts'

type Props = { what: string; error: Error; retry: () => void }

export function Failure({ what, error, retry }: Props) {
  const code = error instanceof ApiFailure ? error.code : error.name
  return (
    <Alert role="alert" color="red" variant="light" title={what} m="md">
      <Group justify="space-between" align="end" gap="md">
        <div>
          <Text size="sm">{error.message}</Text>
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
