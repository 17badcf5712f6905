// The bridge's front door.
export { bridgeErrors, BridgeError, type BridgeErrorCode } from './errors.ts'
export type { BridgeFlags } from './config.ts'
export { runBridge } from './run.ts'
export { runProbes, type ProbesFlags } from './probes/run.ts'
export { runCheck, type CheckFlags } from './check/run.ts'
export { runRender, type RenderFlags } from './render.ts'
