// The list of traces, newest first and page by page, with its filters; or why there is none and what to do.
import { Button, Loader } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { tracesQuery } from '../api/queries.ts'
import { Failure } from '../shell/Failure.tsx'
import { EmptyList } from './EmptyList.tsx'
import { Filters } from './Filters.tsx'
import styles from './ListPage.module.css'
import { TraceTable } from './TraceTable.tsx'

export function ListPage() {
  const search = useSearch({ from: '/' })
  const list = useInfiniteQuery(tracesQuery(search))
  const { data, error, isFetching, isPlaceholderData, refetch } = list
  const traces = data?.pages.flatMap((page) => page.traces)
  const cutShort = data?.pages.at(-1)?.cutShort
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
              {list.hasNextPage
                ? `The newest ${traces.length}.`
                : `${traces.length === 1 ? 'The one trace' : `All ${traces.length} traces`} that fit.`}
              {cutShort !== undefined && ` ${cutShort}`}
              {list.hasNextPage && (
                <Button
                  size="xs"
                  variant="default"
                  loading={list.isFetchingNextPage}
                  onClick={() => void list.fetchNextPage()}
                >
                  Older traces
                </Button>
              )}
            </p>
          </div>
        )}
      </div>
    </>
  )
}
