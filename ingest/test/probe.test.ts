// probe
import { test } from 'vitest'
import { post, protobufType, runIngest } from './running.ts'
import { range, shopRequest } from './shop-traces.ts'
test('probe', async () => {
  const { url } = await runIngest()
  await post(`${url}/v1/traces`, shopRequest, protobufType)
  for (const q of [
    '{ traceDuration >= 1s }',
    '{ trace:duration >= 1s && name = "pay" }',
    '{ rootName =~ "(?is).*checkout.*" }',
    '{ rootName = "POST /checkout" }',
    '{ .http.route =~ "(?is).*/CHECK.*" }',
    '{nestedSetParent<0}',
    '{ span:parentID = "" }',
    '{ resource.service.name = "unknown_service" }',
    '{ parent.name = "pay" }',
  ]) {
    const r = await fetch(`${url}/api/search?q=${encodeURIComponent(q)}&${range}`)
    const t = await r.text()
    console.log(q, r.status, t.slice(0, 400))
  }
})
