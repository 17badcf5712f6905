import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { exportRequestType } from '../otlp/schema.ts'
import { withinNamespace } from './namespace-binding.ts'

type Resource = { namespace: string | undefined; names: string[] }

function bodyOf(resources: readonly Resource[]): Buffer {
  const resourceSpans = resources.map(({ namespace, names }) => ({
    resource: {
      attributes: [
        { key: 'service.name', value: { stringValue: 'shop' } },
        ...(namespace === undefined ? [] : [{ key: 'service.namespace', value: { stringValue: namespace } }]),
      ],
    },
    scopeSpans: [{ spans: names.map((name) => ({ name })) }],
  }))
  return Buffer.from(exportRequestType.encode({ resourceSpans }).finish())
}

test('exactly the spans of that namespace are kept, in their order, byte for byte where all are', () => {
  const resource = fc.record({
    namespace: fc.constantFrom('eu', 'us', 'EU', '', undefined),
    names: fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(resource, { maxLength: 6 }), (resources) => {
      const body = bodyOf(resources)
      const fitting = resources.filter(({ namespace, names }) => namespace === 'eu' && names.length > 0)
      const refused = resources.filter(({ namespace }) => namespace !== 'eu').flatMap(({ names }) => names)
      const within = withinNamespace(body, 'eu')
      expect(within.refusedSpans).toBe(refused.length)
      const wanted = refused.length === 0 ? body : bodyOf(fitting)
      expect(within.body.toString('hex')).toBe(wanted.toString('hex'))
    }),
  )
})
