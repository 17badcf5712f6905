#!/usr/bin/env node
// `probespan …` from anywhere: the set-up's own entrance, so that it runs under the right Node.
process.argv.splice(2, 0, 'probespan')
await import('../setup/run.mjs')
