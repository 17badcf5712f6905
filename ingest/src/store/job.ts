// A run of a background job, as those who do it tell of it. Runs that did nothing are not told. Plain data: it comes from
// other threads.
export const jobNames = ['retention', 'merge', 'give_back', 'upkeep', 'forward'] as const
export type JobName = (typeof jobNames)[number]

export type JobRun = {
  /** `upkeep` is a round of the other three that failed. */
  name: JobName
  /** Of forwarding: where to. */
  destination?: string
  startUnixMs: number
  durationMs: number
  /** What it did, by what the span's attribute is called behind `probespan.`. */
  counts: Readonly<Record<string, number>>
  /** Why it failed. */
  failure?: string
}
