// What would break: a recording that plays back with other times, strings or names than were seen live.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readRecording, Recorder, type RecordingHead } from './recording.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probespan-recording-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const head: RecordingHead = {
  bpftrace: { major: 0, minor: 17, patch: 0 },
  bootToUnixNs: 1_795_150_869_381_843_673n,
  resource: resourceFromAttributes({ 'service.name': 'Käse "x"', 'process.pid': 7 }),
}
const fails = (error: Error): never => {
  throw error
}

test('what was recorded is read back: the head exactly, the lines byte for byte', async () => {
  const path = join(folder, 'r.jsonl')
  const recorder = await Recorder.open(path, head, fails)
  recorder.write('{"type": "value", "data": ["\xff\xc3\xa9"]}')
  recorder.write('second')
  await recorder.close()
  const { head: readHead, bytes } = await readRecording(path)
  expect([readHead.bpftrace, readHead.bootToUnixNs]).toEqual([head.bpftrace, head.bootToUnixNs])
  expect(readHead.resource.attributes).toEqual(head.resource.attributes)
  expect(bytes.toString('latin1')).toBe('{"type": "value", "data": ["\xff\xc3\xa9"]}\nsecond\n')
})

test('a disk that is full ends the recording with a word, not the bridge', async () => {
  const errors: string[] = []
  const recorder = await Recorder.open('/dev/full', head, (error) => errors.push(error.message))
  await expect.poll(() => errors).toEqual([expect.stringContaining('ENOSPC')])
  recorder.write('goes nowhere')
  await recorder.close()
  expect(errors).toHaveLength(1)
})

test('a file that cannot be written is told before anything is traced', async () => {
  await expect(Recorder.open(join(folder, 'absent', 'r'), head, fails)).rejects.toMatchObject({
    code: 'config_invalid',
    message: /cannot record into .*ENOENT.*--record/,
  })
})

test.each([
  ['an empty file', ''],
  ['a stream without a head', '{"type": "attached_probes", "data": {"probes": 2}}\n'],
  ['a head without an offset', '{"type": "probespan_recording", "data": {"bpftrace": "0.17.0"}}\n'],
  ['a head without a version', '{"type": "probespan_recording", "data": {"bootToUnixNs": "1"}}\n'],
  ['no line end', '{"type": "probespan_recording", "data": {"bpftrace": "0.17.0", "bootToUnixNs": "1"}}'],
  ['anything else', 'PNG\x89\n'],
])('is no recording: %s', async (_, text) => {
  const path = join(folder, 'r')
  writeFileSync(path, text, 'latin1')
  expect(readFileSync(path, 'latin1')).toBe(text)
  await expect(readRecording(path)).rejects.toMatchObject({
    code: 'config_invalid',
    message: /is no recording.*--record FILE/,
  })
})

test('a recording that is absent', async () => {
  await expect(readRecording('/nowhere/r')).rejects.toMatchObject({
    code: 'config_invalid',
    message: /ENOENT/,
  })
})
