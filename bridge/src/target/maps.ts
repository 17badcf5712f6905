// The text of /proc/PID/maps to the files that a process has mapped executable, each once. Pure. What is no file on a
// disk (vdso, anonymous and shared memory, memfd) is left out. Source: proc_pid_maps(5).

export type MappedFile = {
  /** As the process sees it: its own mount namespace and root. */
  path: string
  /** The file was removed or replaced since; what runs is the old one. */
  deleted: boolean
  /** Name of the mapping in /proc/PID/map_files, which leads to the file whatever became of its path. */
  range: string
}

/** A process of thousands of libraries is none; a guard for what is kept. */
const filesMax = 4096
const line = /^([0-9a-f]+-[0-9a-f]+) (\S{4}) [0-9a-f]+ \S+ (\d+) +(\/.*)$/
const deletedMark = ' (deleted)'
const noFile = /^\/(?:memfd:|SYSV[0-9a-f]{8}|dev\/|anon_hugepage|\[aio\])/

export function mappedFiles(maps: string): MappedFile[] {
  const files = new Map<string, MappedFile>()
  for (const text of maps.split('\n')) {
    const [, range, permissions, inode, name] = line.exec(text) ?? []
    if (range === undefined || permissions?.[2] !== 'x' || inode === '0' || name === undefined) continue
    if (noFile.test(name) || files.has(name) || files.size === filesMax) continue
    const deleted = name.endsWith(deletedMark)
    const path = deleted ? name.slice(0, -deletedMark.length) : name
    // A line end is all that the kernel escapes.
    files.set(name, { path: path.replaceAll('\\012', '\n'), deleted, range: unpadded(range) })
  }
  return [...files.values()]
}

/** map_files has no leading zeros. */
function unpadded(range: string): string {
  return range
    .split('-')
    .map((address) => address.replace(/^0+(?=.)/, ''))
    .join('-')
}
