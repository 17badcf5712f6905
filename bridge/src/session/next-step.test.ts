// What would break: a bridge that ends while it could go on, or goes on with what can never work.
import { expect, test } from 'vitest'
import { BridgeError, type BridgeErrorCode } from '../errors.ts'
import { nextStep, type RunEnd } from './next-step.ts'

const end = (parts: Partial<RunEnd> = {}): RunEnd => ({ targetAlive: true, filesChanged: false, ...parts })
const failed = (code: BridgeErrorCode, targetAlive = true): RunEnd =>
  end({ failure: new BridgeError(code, 'm'), targetAlive })

test('a target that has ended: a pid does not come back, a container may', () => {
  expect(nextStep(end({ targetAlive: false }), true, 'pack', 'pid')).toBe('finish')
  expect(nextStep(failed('target_gone'), true, 'pack', 'pid')).toBe('finish')
  expect(nextStep(end({ targetAlive: false }), true, 'pack', 'container')).toBe('select again')
  expect(nextStep(failed('target_gone'), true, 'pack', 'container')).toBe('restart')
})

test('a pid that never was is a failure', () => {
  expect(nextStep(failed('target_gone'), false, 'pack', 'pid')).toBe('give up')
})

test('bpftrace that ends while its target runs: a script may, a pack’s program was ended by someone', () => {
  expect(nextStep(end(), true, 'script', 'pid')).toBe('finish')
  expect(nextStep(end(), true, 'pack', 'pid')).toBe('restart')
  expect(nextStep(end(), true, 'pack', 'executable')).toBe('restart')
})

test('files that are others now are attached to again, whatever became of bpftrace', () => {
  expect(nextStep(end({ filesChanged: true }), true, 'script', 'executable')).toBe('select again')
  expect(nextStep({ ...failed('bpftrace_failed'), filesChanged: true }, true, 'pack', 'executable')).toBe(
    'select again',
  )
})

test.each(['bpftrace_missing', 'not_permitted', 'script_invalid'] as const)(
  '%s: given up at the start, tried again where it had worked',
  (code) => {
    expect(nextStep(failed(code), false, 'pack', 'executable')).toBe('give up')
    expect(nextStep(failed(code), true, 'pack', 'executable')).toBe('restart')
  },
)

test.each(['bpftrace_failed', 'probe_missing', 'config_invalid'] as const)(
  '%s may mend: tried again',
  (code) => {
    expect(nextStep(failed(code), false, 'pack', 'executable')).toBe('restart')
    expect(nextStep(failed(code), true, 'script', 'pid')).toBe('restart')
  },
)
