// What a list without traces says: how to send some, or that the filters leave none.
import { Anchor, Code, EmptyState, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { isFiltered, type ListSearch } from './search.ts'

export function EmptyList({ search }: { search: ListSearch }) {
  if (isFiltered(search)) {
    return (
      <EmptyState
        mt={80}
        title="No trace fits these filters"
        description={
          <>
            Try a longer time range, or{' '}
            <Anchor renderRoot={(props) => <Link to="/" {...props} />}>show all traces</Anchor>.
          </>
        }
      />
    )
  }
  return (
    <EmptyState
      mt={80}
      title="No traces yet"
      description="They show up here by themselves as soon as they arrive."
    >
      <Stack gap="md" mt="md" maw={620} ta="left">
        <Step title="From the probes of a running program, as root">
          {`OTEL_EXPORTER_OTLP_ENDPOINT=${location.origin} TARGET_PID=<pid> npm run probespan -- bridge`}
        </Step>
        <Step title="From any program with an OpenTelemetry SDK, or Beyla">
          {`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${location.origin}/v1/traces`}
        </Step>
        <Step title="Or see it with the demo shop">npm start</Step>
      </Stack>
    </EmptyState>
  )
}

function Step({ title, children }: { title: string; children: string }) {
  return (
    <div>
      <Text size="sm" mb={4}>
        {title}
      </Text>
      <Code block>{children}</Code>
    </div>
  )
}
