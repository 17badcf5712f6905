// What an address that the page does not have shows.
import { Anchor, EmptyState } from '@mantine/core'
import { Link } from '@tanstack/react-router'

export function NotFound() {
  return (
    <EmptyState
      mt={80}
      title="There is no such page"
      description={
        <>
          A trace has the address /traces/ and its id.{' '}
          <Anchor inherit renderRoot={(props) => <Link to="/" {...props} />}>
            All traces
          </Anchor>
        </>
      }
    />
  )
}
