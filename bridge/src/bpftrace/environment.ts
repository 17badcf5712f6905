// What every bpftrace that is run gets beside this process's environment: none of bpftrace's variables that are set to
// nothing, as compose files do; bpftrace would refuse to start.

/** To be laid over `inherited`; what is undefined is taken out. */
export function bpftraceEnvironment(
  own: Readonly<Record<string, string>> = {},
  inherited: NodeJS.ProcessEnv = process.env,
): Readonly<Partial<Record<string, string>>> {
  const empty = Object.keys(inherited).filter(
    (name) => name.startsWith('BPFTRACE_') && inherited[name] === '',
  )
  return { ...Object.fromEntries(empty.map((name) => [name, undefined])), ...own }
}
