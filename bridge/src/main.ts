// The bridge as a process of its own (the sidecar): configured by the environment alone.
import { runBridge } from './run.ts'

// Not by `exitCode`: an attempt to deliver that was given up would keep the process for its own ten seconds.
process.exit(await runBridge(process.env))
