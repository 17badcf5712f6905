import { expect, test } from 'vitest'
import { coloursOf } from './service-colour.ts'

const services = Array.from({ length: 25 }, (_, at) => `service-${at}`)

test('up to ten services shown together have ten different colours', () => {
  expect(new Set(coloursOf(services.slice(0, 10)).values()).size).toBe(10)
})

test('more services than colours all have one, each colour used alike', () => {
  const colours = [...coloursOf(services).values()]
  expect(colours.length).toBe(25)
  expect(new Set(colours).size).toBe(10)
})

test('a service alone has the same colour on every page', () => {
  expect(coloursOf(['shop']).get('shop')).toBe(coloursOf(['shop', 'shop']).get('shop'))
})
