// The page's addresses: `/` the list, its filters in the query; `/traces/$traceId` one trace, `?span=` one span of it.
import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { ListPage } from './list/ListPage.tsx'
import { parseSearch, readListSearch, stringifySearch, type ListSearch } from './list/search.ts'
import { NotFound } from './shell/NotFound.tsx'
import { Shell } from './shell/Shell.tsx'
import { TracePage } from './trace/TracePage.tsx'

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const listRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: readListSearch,
  component: ListPage,
})

export type TraceSearch = { span?: string }

const traceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/traces/$traceId',
  validateSearch: ({ span }: Record<string, unknown>): TraceSearch =>
    typeof span === 'string' && span !== '' ? { span } : {},
  component: TracePage,
})

export const router = createRouter({
  routeTree: rootRoute.addChildren([listRoute, traceRoute]),
  parseSearch,
  stringifySearch,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
  interface HistoryState {
    /** The list's filters when a trace was opened from it: where its way back leads. */
    list?: ListSearch
  }
}
