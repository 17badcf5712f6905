// How the ingest process is to be started. V8's young generation is for short-lived objects, of which a request leaves
// few: by itself it grows to 100 MB, and ingest to 400 MB under full load; so bounded it takes 360 MB at most, and no
// more CPU (as little as 4 MiB takes a sixth more memory again: what should die young grows old). It can only be bounded
// where the process is started; `cli/setup/run.mjs` and the image do it.

export const nodeOptions = ['--max-semi-space-size=16'] as const
