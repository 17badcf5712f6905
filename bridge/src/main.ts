// The bridge as a process of its own (the sidecar): configured by the environment alone.
import { runBridge } from './run.ts'

process.exitCode = await runBridge(process.env)
