// The filters of the list: what they are set to stands in the address, and each change goes there.
import { Button, Group, NativeSelect, SegmentedControl, Select, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { servicesQuery } from '../api/queries.ts'
import styles from './Filters.module.css'
import {
  limitDefault,
  limits,
  readListSearch,
  sourceLabels,
  type ListSearch,
  type RangeName,
} from './search.ts'

const rangeLabels = { '15m': '15 min', '1h': '1 h', '6h': '6 h', '24h': '24 h' } satisfies Record<
  RangeName,
  string
>

type Props = { search: ListSearch; refresh: () => void; refreshing: boolean }

export function Filters({ search, refresh, refreshing }: Props) {
  const navigate = useNavigate()
  const change = (part: Record<string, unknown>) => {
    void navigate({ to: '/', search: readListSearch({ ...search, ...part }), replace: true })
  }
  const limit = search.limit ?? limitDefault
  return (
    <Group className={styles.filters} gap="sm" wrap="wrap" role="search" aria-label="Filters">
      <NativeSelect
        aria-label="Source"
        size="xs"
        w={190}
        value={search.source ?? ''}
        onChange={(event) => change({ source: event.currentTarget.value })}
        data={[
          { value: '', label: 'All sources' },
          ...Object.entries(sourceLabels).map(([value, label]) => ({ value, label })),
        ]}
      />
      <ServiceSelect service={search.service} change={(service) => change({ service })} />
      <SegmentedControl
        aria-label="Time range"
        size="xs"
        value={search.range ?? ''}
        onChange={(range) => change({ range })}
        data={[
          ...Object.entries(rangeLabels).map(([value, label]) => ({ value, label })),
          { value: '', label: 'All time' },
        ]}
      />
      <NativeSelect
        aria-label="Limit"
        size="xs"
        w={112}
        value={limit}
        onChange={(event) => change({ limit: event.currentTarget.value })}
        data={[...new Set([...limits, limit])]
          .sort((a, b) => a - b)
          .map((count) => ({ value: String(count), label: `${count} traces` }))}
      />
      <span className={styles.space} />
      <Switch
        size="xs"
        label="Live"
        title="Ask for new traces every 2 seconds"
        checked={search.live === true}
        onChange={(event) => change({ live: event.currentTarget.checked })}
      />
      <Button size="xs" variant="default" onClick={refresh} data-busy={refreshing || undefined}>
        Refresh
      </Button>
    </Group>
  )
}

function ServiceSelect({
  service,
  change,
}: {
  service: string | undefined
  change: (service: string) => void
}) {
  const { data, error } = useQuery(servicesQuery())
  // A service of the address that is not stored (any more) stays visible as what is being filtered by.
  const names = new Set([
    ...(data?.services.map(({ name }) => name) ?? []),
    ...(service === undefined ? [] : [service]),
  ])
  return (
    <Select
      aria-label="Service"
      size="xs"
      w={190}
      placeholder={error === null ? 'All services' : 'Services unavailable'}
      title={error?.message}
      data={[...names].sort()}
      value={service ?? null}
      onChange={(name) => change(name ?? '')}
      searchable
      // What is shown for no choice is a choice too, and reads like that of the sources.
      styles={{ input: { '--input-placeholder-color': 'var(--input-color)' } }}
      clearable
      nothingFoundMessage="No such service"
      limit={200}
    />
  )
}
