// Builds the page to static files that ingest serves from the root of its own address.
// `vite` alone serves the sources and passes /api on to an ingest service on its standard port.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// A NODE_ENV from outside, such as a test runner's "test", would put React's development build into the page: half as
// large again, and slower.
if (process.argv.includes('build')) process.env.NODE_ENV = 'production'

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The first browsers with CSS light-dark(): below them the colours would be rewritten to follow the system
    // only, and no longer Mantine's own colour scheme.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:3051' } },
})
