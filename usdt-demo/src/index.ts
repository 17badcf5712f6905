// Front door of the demo: build the probes, start a shop, send it traffic. The processes are main.ts and traffic-main.ts.
export { buildAddon } from './build-addon.ts'
export type { BuildOptions, BuildResult } from './build-addon.ts'
export { OperationalError } from './operational-error.ts'
export type { LogLine } from './request-log.ts'
export { startShop } from './server.ts'
export type { RunningShop, ShopOptions } from './server.ts'
export { runTraffic } from './traffic.ts'
export type { TrafficCounts, TrafficOptions } from './traffic.ts'
