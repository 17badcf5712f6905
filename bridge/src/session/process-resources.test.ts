// What would break: a span that says it is of another process, or of none although its process was seen.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { startOfProcess } from './process-life.ts'
import { ProcessResources } from './process-resources.ts'

const own = basename(process.execPath)

test('one process is traced: every event is its, whatever pid it has', () => {
  const resources = new ProcessResources({ 'service.name': 'shop' })
  resources.trace(process.pid)
  resources.see(4_194_303, 0)
  for (const pid of [4_194_303, 0, process.pid]) {
    expect(resources.of(pid).attributes).toMatchObject({ 'process.pid': process.pid, 'service.name': 'shop' })
  }
})

test('a target that came back: what the one before had open is still of that one', () => {
  const resources = new ProcessResources({})
  resources.trace(process.pid)
  resources.see(71, 0)
  resources.trace(process.ppid)
  resources.see(72, 1)
  expect(resources.of(71).attributes['process.pid']).toBe(process.pid)
  expect(resources.of(72).attributes['process.pid']).toBe(process.ppid)
})

test('files are traced: each event is of its process, also when that has ended since', async () => {
  const resources = new ProcessResources({})
  resources.traceAny('/opt/shop', false)
  const child = spawn('sleep', ['60'])
  const pid = child.pid ?? 0
  await expect.poll(() => resources.of((resources.see(pid, 0), pid)).attributes['process.pid']).toBe(pid)
  resources.see(process.pid, 0)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(startOfProcess(pid)).toBeUndefined()
  resources.see(pid, 5000)
  expect(resources.of(pid).attributes['process.pid']).toBe(pid)
  expect(resources.of(process.pid).attributes).toMatchObject({
    'process.pid': process.pid,
    'process.executable.name': own,
  })
})

test('a process that was gone before it was looked at has its pid, and the name of the file', () => {
  const resources = new ProcessResources({})
  resources.traceAny('/opt/shop', false)
  resources.see(4_194_303, 0)
  expect(resources.of(4_194_303).attributes).toMatchObject({
    'process.pid': 4_194_303,
    'service.name': 'shop',
    'process.executable.path': '/opt/shop',
  })
})

test('pids of another namespace are not taken for pids here', () => {
  const resources = new ProcessResources({})
  resources.traceAny('/opt/shop', true)
  resources.see(process.pid, 0)
  expect(resources.of(process.pid).attributes).toMatchObject({ 'service.name': 'shop' })
  expect(resources.of(process.pid).attributes).not.toHaveProperty('process.pid')
})

test('no more processes are kept than the bound', () => {
  const resources = new ProcessResources({})
  resources.trace(process.pid)
  resources.see(1, 0)
  resources.trace(process.ppid)
  for (let pid = 2; pid < 5000; pid += 1) resources.see(pid, 0)
  expect(resources.of(1).attributes['process.pid']).toBe(process.ppid)
})

test('a process has ended when it is gone, or when its pid is another’s; not where its pid means nothing here', async () => {
  const resources = new ProcessResources({})
  resources.traceAny('/opt/shop', false)
  const child = spawn('sleep', ['60'])
  const pid = child.pid ?? 0
  resources.see(pid, 0)
  expect(resources.endOf(pid, 5n)).toBeUndefined()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(resources.endOf(pid, 5n)).toBe(5n)
  expect(resources.endOf(0, 5n)).toBeUndefined()
  resources.traceAny('/opt/shop', true)
  expect(resources.endOf(pid, 5n)).toBeUndefined()
})

test('a process that becomes another program has ended as what it was', async () => {
  const resources = new ProcessResources({})
  resources.traceAny('/opt/shop', false)
  const child = spawn('sh', ['-c', 'echo; read go; exec sleep 60'])
  try {
    await once(child.stdout, 'data')
    const pid = child.pid ?? 0
    resources.see(pid, 0)
    expect(resources.endOf(pid, 5n)).toBeUndefined()
    child.stdin.write('go\n')
    await expect.poll(() => resources.endOf(pid, 5n)).toBe(5n)
  } finally {
    child.kill('SIGKILL')
  }
})
