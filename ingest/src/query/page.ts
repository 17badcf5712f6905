// The explorer's static files, with index.html for every other GET outside the API, so that its own addresses can be
// reloaded. Not built: a short text that says how. Open without a key: the files hold no data.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import staticFiles from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { unknownPath } from './answers.ts'

export async function explorerPage(app: FastifyInstance, { dir }: { dir: string }): Promise<void> {
  const built = existsSync(join(dir, 'index.html'))
  // A route for each file: one for all (the default) would take the unknown paths of the other APIs.
  if (built) await app.register(staticFiles, { root: dir, wildcard: false })
  else app.get('/', (_request, reply) => reply.type('text/plain; charset=utf-8').send(notBuilt(dir)))
  // A page from before an update may ask for files that are gone: it must not get HTML for a script.
  app.setNotFoundHandler((request, reply) => {
    const wantsPage = request.method === 'GET' && !/^\/(api|v1|assets)(\/|\?|$)/.test(request.url)
    return built && wantsPage ? reply.sendFile('index.html') : unknownPath(request, reply)
  })
}

const notBuilt = (dir: string): string =>
  `probespan ingest is running, but its page is not built (no index.html in ${dir}).\n` +
  'Run "npm start" in the project, which builds it, and restart; or use the JSON API: GET /api/traces\n'
