// What would break: a bridge that was not told what to trace, and traces the machine's init without a word; or that
// refuses the sidecar, where PID 1 is what is meant.
import { expect, test } from 'vitest'
import { BridgeError } from '../errors.ts'
import { unnamedTarget, type MainProcess } from './namespace-main.ts'

function refusal(main: MainProcess): string {
  try {
    unnamedTarget(main)
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'config_invalid') return error.message
    throw error
  }
  throw new Error('was taken')
}

test('the main process of a shared pid namespace is taken, and named', () => {
  const { selection, words } = unnamedTarget({
    name: 'shop',
    executable: '/app/shop',
    seesKernelThreads: false,
  })
  expect(selection).toEqual({ kind: 'pid', pid: 1 })
  expect(words).toMatch(/^no target given: tracing PID 1 of this pid namespace \(shop, \/app\/shop\)\./)
  expect(unnamedTarget({ name: 'shop', seesKernelThreads: false }).words).toContain('namespace (shop).')
})

test('the first process of the machine is refused, whatever it is called, with what to do', () => {
  const main = { name: 'shop-init', executable: '/sbin/shop-init', seesKernelThreads: true }
  expect(refusal(main)).toMatch(/machine's own first process \(shop-init, .*--pid PID \(TARGET_PID\), --exe/)
  expect(refusal({ name: 'systemd', seesKernelThreads: true })).toContain('(systemd)')
})

test.each(['systemd', 'tini', 'docker-init', 'pause', 'sh'])('%s of a container is none either', (name) => {
  expect(refusal({ name, seesKernelThreads: false })).toMatch(
    new RegExp(`PID 1 of this pid namespace \\(${name}\\) only starts other programs: name one with --pid`),
  )
})
