// How the ingest process is to be started. V8's young generation is for short-lived objects, of which a request leaves
// few: by itself it grows to 100 MB. With half-spaces of 8 MiB ingest takes 330 MB under full load, with 16 MiB 343 MB, and
// no less CPU. It can only be bounded where the process is started; `cli/setup/run.mjs` and the image do it. The store's
// threads have less (`store/sqlite/thread.ts`).

export const nodeOptions = ['--max-semi-space-size=8'] as const
