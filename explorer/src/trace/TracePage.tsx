// One trace: what it is, its waterfall, and the details of one span (the first one, until another is chosen).
import { Loader, Splitter } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { traceQuery } from '../api/queries.ts'
import { coloursOf } from '../service-colour.ts'
import { Failure } from '../shell/Failure.tsx'
import { layoutOf } from '../waterfall/layout.ts'
import { SpanDetails } from './SpanDetails.tsx'
import { TraceHeader } from './TraceHeader.tsx'
import styles from './TracePage.module.css'
import { WaterfallView } from './WaterfallView.tsx'

export function TracePage() {
  const { traceId } = useParams({ from: '/traces/$traceId' })
  const { data, error, refetch } = useQuery(traceQuery(traceId))
  return (
    <>
      <title>{`Trace ${traceId.slice(0, 8)} – probespan`}</title>
      {error !== null && (
        <Failure what={`Trace ${traceId} could not be loaded`} error={error} retry={() => void refetch()} />
      )}
      {data === undefined && error === null && <Loader size="sm" m="lg" aria-label="Loading the trace" />}
      {data !== undefined && <LoadedTrace key={traceId} traceId={traceId} spans={data.spans} />}
    </>
  )
}

type LoadedProps = { traceId: string; spans: Parameters<typeof layoutOf>[0] }

function LoadedTrace({ traceId, spans }: LoadedProps) {
  const waterfall = useMemo(() => layoutOf(spans), [spans])
  const colours = useMemo(() => coloursOf(waterfall.services), [waterfall])
  const search = useSearch({ from: '/traces/$traceId' })
  const navigate = useNavigate()
  const isNarrow = useMediaQuery('(max-width: 900px)')
  const select = (key: string) => {
    void navigate({
      to: '/traces/$traceId',
      params: { traceId },
      search: { span: key },
      replace: true,
      state: true,
    })
  }
  const selected = waterfall.rows.find((row) => row.key === search.span) ?? waterfall.rows[0]
  if (selected === undefined) return null
  return (
    <>
      <TraceHeader traceId={traceId} waterfall={waterfall} colours={colours} />
      <Splitter
        className={styles.split}
        orientation={isNarrow ? 'vertical' : 'horizontal'}
        lineSize={1}
        withHandle={false}
        handleColor="var(--line)"
        key={String(isNarrow)}
      >
        <Splitter.Pane defaultSize="66%" min="30%">
          <WaterfallView waterfall={waterfall} colours={colours} selectedKey={selected.key} select={select} />
        </Splitter.Pane>
        <Splitter.Pane defaultSize="34%" min="15%">
          <SpanDetails row={selected} waterfall={waterfall} select={select} />
        </Splitter.Pane>
      </Splitter>
    </>
  )
}
