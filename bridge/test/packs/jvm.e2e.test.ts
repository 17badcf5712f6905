// What would break: packs that do not attach to Debian's own JVM, or that miss what its program did: collections,
// compilations by name, sleeps of a known length; and, with the JVM's flag, calls in calls and a contended monitor.
import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Folder } from '../bridge-process.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import { stockProgram } from './stock-programs.ts'
import { childrenOf, tracedBy, WaitingProgram } from './traced-program.ts'

const javac = stockProgram('javac')
const sleepMs = 30
const source = `class Work {
  static final Object monitor = new Object();
  static int hash(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum = 31 * sum + i;
    return sum;
  }
  static void outer() throws InterruptedException { inner(); }
  static void inner() throws InterruptedException {
    synchronized (monitor) { Thread.sleep(${sleepMs}); }
  }
  static void other() {
    try { inner(); } catch (InterruptedException interrupted) { throw new RuntimeException(interrupted); }
  }
  public static void main(String[] arguments) throws Exception {
    System.out.println("ready");
    System.in.read();
    int sum = 0;
    for (int i = 0; i < 200; i++) sum += hash(5000);
    System.gc();
    Thread second = new Thread(Work::other);
    synchronized (monitor) {
      second.start();
      while (second.getState() != Thread.State.BLOCKED) Thread.onSpinWait();
    }
    outer();
    second.join();
    System.out.println(sum);
  }
}
`

describe.skipIf(javac.missing)('the JVM', () => {
  const folder = new Folder()
  beforeAll(() => {
    execFileSync(javac.path, ['-d', folder.path, folder.write('Work.java', source)], { stdio: 'pipe' })
  })
  afterAll(() => folder[Symbol.dispose]())

  async function traced(pack: string, ...flags: string[]): Promise<DecodedSpan[]> {
    const args = ['-XX:+UseSerialGC', ...flags, '-cp', folder.path, 'Work']
    await using running = new WaitingProgram(join(dirname(javac.path), 'java'), args)
    await running.says('ready')
    const { spans } = await tracedBy(pack, running.pid, async () => {
      running.go()
      await running.ended
    })
    return spans
  }

  test('collections, methods compiled, threads that sleep', async () => {
    const spans = await traced('jvm')
    const named = (name: string): DecodedSpan[] => spans.filter((span) => span.name === name)
    expect(named('garbage collection').map(({ attributes }) => attributes['jvm.gc.full'])).toContain(true)
    const compilers = named('compile Work.hash').map(({ attributes }) => attributes['jvm.compiler'])
    expect(compilers).toContain('C1')
    const sleeps = named('thread sleep')
    expect(sleeps).toHaveLength(2)
    for (const { startNs, endNs, attributes } of sleeps) {
      expect(attributes['jvm.sleep.requested_ms']).toBe(BigInt(sleepMs))
      expect(endNs - startNs).toBeGreaterThanOrEqual(BigInt(sleepMs) * 1_000_000n)
    }
  })

  test('with the flag for more probes: the calls of methods, each in its caller, and a contended monitor', async () => {
    const spans = await traced('jvm-extended', '-XX:+ExtendedDTraceProbes')
    const outer = spans.find(({ name }) => name === 'Work.outer')
    expect(childrenOf(outer, spans).map(({ name }) => name)).toEqual(['Work.inner'])
    const other = spans.find(({ name }) => name === 'Work.other')
    const [inner] = childrenOf(other, spans)
    expect(childrenOf(inner, spans).map(({ name }) => name)).toContain('wait for a java/lang/Object')
  })
})
