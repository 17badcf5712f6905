// Composes the page: takes the API key from the address, then theme, data, routes and the dialog that asks for a key.
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { loadKey } from './api/key.ts'
import { createQueryClient } from './api/queries.ts'
import { router } from './router.tsx'
import { KeyDialog } from './shell/KeyDialog.tsx'
import { theme } from './theme.ts'

loadKey()
const queryClient = createQueryClient()
window.addEventListener('hashchange', () => {
  loadKey()
  void queryClient.resetQueries()
})

const root = document.querySelector('#root')
if (root === null) throw new Error('index.html has no element #root')
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <KeyDialog />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
