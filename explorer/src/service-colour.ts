// Names of services that are shown together in; a CSS colour for each out. Ten colours: a name has its own by its
// hash and so keeps it from page to page, moved on only where another name on this page took it first.
const colourCount = 10

export function coloursOf(services: Iterable<string>): Map<string, string> {
  const taken = new Set<number>()
  const colours = new Map<string, string>()
  for (const service of [...new Set(services)].sort()) {
    let slot = hashOf(service) % colourCount
    while (taken.has(slot)) slot = (slot + 1) % colourCount
    taken.add(slot)
    if (taken.size === colourCount) taken.clear()
    colours.set(service, `var(--service-${slot})`)
  }
  return colours
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0
  return hash
}
