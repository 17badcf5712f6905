// The frame around every page: the bar with the way to the list, and the page below it.
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import styles from './Shell.module.css'

export function Shell() {
  const list = useLocation({
    select: (location) => (location.pathname === '/' ? undefined : location.state.list),
  })
  return (
    <div className={styles.shell}>
      <header className={styles.bar}>
        <Link to="/" search={list ?? {}} className={styles.brand}>
          <img src="/icon.svg" width={20} height={20} alt="" />
          probespan
        </Link>
        {list !== undefined && (
          <Link to="/" search={list} className={styles.back}>
            ‹ Back to the list
          </Link>
        )}
      </header>
      <main className={styles.main}>
        <Outlet />
      </main>
    </div>
  )
}
