// What a list without traces says: how to send some to this very service, or that the filters leave none.
import { Anchor, Code, EmptyState, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useKeyState } from '../api/key.ts'
import { isFiltered, type ListSearch } from './search.ts'

export function EmptyList({ search }: { search: ListSearch }) {
  return isFiltered(search) ? <NothingFits /> : <NothingStored />
}

function NothingFits() {
  return (
    <EmptyState
      mt={80}
      title="No trace fits these filters"
      description={
        <>
          Try a longer time range, or{' '}
          <Anchor inherit renderRoot={(props) => <Link to="/" {...props} />}>
            show all traces
          </Anchor>
          .
        </>
      }
    />
  )
}

function NothingStored() {
  // The key itself is not put on the screen.
  const keyLine = useKeyState().key === undefined ? '' : 'OTEL_EXPORTER_OTLP_HEADERS=X-API-Key=<key> \\\n'
  return (
    <EmptyState
      mt={72}
      title="No traces yet"
      description="They show up here by themselves as soon as they arrive."
    >
      <Stack gap="md" mt="md" w={640} maw="90vw" ta="left">
        <Step title="From the probes of a running program, as root, with a definition of scripts-bt">
          {`${keyLine}npm run probespan -- bridge --pack <name> --pid <pid> \\\n  --endpoint ${location.origin}`}
        </Step>
        <Step title="From any program with an OpenTelemetry SDK, or Beyla">
          {`${keyLine}OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${location.origin}/v1/traces`}
        </Step>
        <Step title="Or try it on the demo shop">npm start</Step>
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
