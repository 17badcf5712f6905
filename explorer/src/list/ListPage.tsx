// The list of traces, newest first, with its filters; or why there is none and what to do.
import { Loader } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { tracesQuery } from '../api/queries.ts'
import { Failure } from '../shell/Failure.tsx'
import { EmptyList } from './EmptyList.tsx'
import { Filters } from './Filters.tsx'
import styles from './ListPage.module.css'
import { limitDefault } from './search.ts'
import { TraceTable } from './TraceTable.tsx'

export function ListPage() {
  const search = useSearch({ from: '/' })
  const { data, error, isFetching, isPlaceholderData, refetch } = useQuery(tracesQuery(search))
  const traces = data?.traces
  const limit = search.limit ?? limitDefault
  return (
    <>
      <title>Traces – probespan</title>
      <Filters search={search} refresh={() => void refetch()} refreshing={isFetching} />
      <div className={styles.scroll}>
        {error !== null && (
          <Failure what="The list of traces could not be loaded" error={error} retry={() => void refetch()} />
        )}
        {traces === undefined && error === null && <Loader size="sm" m="lg" aria-label="Loading traces" />}
        {traces?.length === 0 && error === null && <EmptyList search={search} />}
        {traces !== undefined && traces.length > 0 && (
          <div data-stale={isPlaceholderData || undefined} className={styles.table}>
            <TraceTable traces={traces} search={search} />
            <p className={styles.foot}>
              {traces.length < limit
                ? `${traces.length === 1 ? 'The one trace' : `All ${traces.length} traces`} that fit.`
                : `The newest ${limit}. Older ones: a higher limit, or narrower filters.`}
            </p>
          </div>
        )}
      </div>
    </>
  )
}
