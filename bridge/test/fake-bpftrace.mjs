#!/usr/bin/env node
// Stands in for bpftrace where a test needs a certain output or ending that the real one cannot be made to give. It
// does only what bpftrace is known to do: prints its version, lists probes, prints lines, ends with a code, and on
// SIGINT or SIGTERM prints what it holds and ends with 0. What it plays stands in the JSON file FAKE_BPFTRACE_PLAN:
//   { version, probes: [], play: FILE, drain: FILE, stderr: TEXT, exitCode: N | absent (waits),
//     deaf: true (no signal is heard), slowVersion: true (--version takes a minute, as on a machine that swaps),
//     next: PLAN (of the run after this one, and so on; the last holds for all later runs) }
import { appendFileSync, readFileSync, statSync, writeSync } from 'node:fs'

const planFile = process.env.FAKE_BPFTRACE_PLAN
let plan = JSON.parse(readFileSync(planFile, 'utf8'))
const args = process.argv.slice(2)

/** On to the plan of this run: a file beside the plan has a byte for each one before. */
function countRun() {
  const runs = `${planFile}.runs`
  appendFileSync(runs, '.')
  for (let run = statSync(runs).size; run > 1 && plan.next; run -= 1) plan = plan.next
}

/** All of it, also where the pipe is full. */
function print(descriptor, bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

function end() {
  if (plan.deaf) return
  if (plan.drain) print(1, readFileSync(plan.drain))
  process.exit(0)
}

if (args.includes('--version') && plan.slowVersion) {
  setTimeout(() => undefined, 60_000)
} else if (args.includes('--version')) {
  print(1, Buffer.from(`bpftrace v${plan.version ?? '0.17.0'}\n`))
} else if (args.includes('-l')) {
  print(1, Buffer.from((plan.probes ?? []).map((probe) => `${probe}\n`).join('')))
} else {
  countRun()
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  const waiting = setInterval(() => undefined, 60_000)
  if (plan.stderr) print(2, Buffer.from(plan.stderr))
  if (plan.play) print(1, readFileSync(plan.play))
  if (plan.exitCode !== undefined) {
    clearInterval(waiting)
    process.exitCode = plan.exitCode
    process.exit()
  }
}
