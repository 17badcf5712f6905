// What would break: set-up of the roots on a machine whose apt sources are of the other format, or have remarks in them.
import { expect, test } from 'vitest'

type Archive = { uri: string; suites: string[]; components: string[] }
// The set-up is plain JavaScript, so its types are told here.
const { archivesOfLines, archivesOfStanzas } = (await import(
  new URL('apt-sources.mjs', import.meta.url).href
)) as Record<'archivesOfLines' | 'archivesOfStanzas', (text: string) => Archive[]>

test('one line an archive', () => {
  const text = `# deb http://old.example/debian bookworm main
deb http://deb.example/debian bookworm main contrib # all of it
deb-src http://deb.example/debian bookworm main
  deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] https://other.example/apt nodistro main
deb http://flat.example/repository ./
`
  expect(archivesOfLines(text)).toEqual([
    { uri: 'http://deb.example/debian', suites: ['bookworm'], components: ['main', 'contrib'] },
    { uri: 'https://other.example/apt', suites: ['nodistro'], components: ['main'] },
    { uri: 'http://flat.example/repository', suites: ['./'], components: [] },
  ])
})

test('stanzas, as in a .sources file', () => {
  const text = `Types: deb deb-src
# a snapshot
URIs: http://deb.example/debian http://mirror.example/debian/
Suites: bookworm
 bookworm-updates
components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: sid
Components: main

Types: deb-src
URIs: http://src.example/debian
Suites: sid
Components: main
`
  const found = { suites: ['bookworm', 'bookworm-updates'], components: ['main'] }
  expect(archivesOfStanzas(text)).toEqual([
    { uri: 'http://deb.example/debian', ...found },
    { uri: 'http://mirror.example/debian/', ...found },
  ])
})
