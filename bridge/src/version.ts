// The bridge's name and version, as its spans carry them in their scope.
import manifest from '../package.json' with { type: 'json' }

export const bridgeName = 'probespan-bridge'
export const bridgeVersion = manifest.version
