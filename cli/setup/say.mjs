// One plain line on stderr, so that stdout stays the task's own.
export function say(text) {
  process.stderr.write(`probespan: ${text}\n`)
}
