// The API key that requests carry, where ingest wants one. It comes from `#key=…` in the address or from the dialog,
// and lives in this tab's sessionStorage: it ends with the tab, and a fragment is never sent to a server.
import { useSyncExternalStore } from 'react'

const storageName = 'probespan.apiKey'

export type KeyState = {
  key: string | undefined
  /** The server's message, while it refuses what it was given. */
  refusal: string | undefined
}

let state: KeyState = { key: undefined, refusal: undefined }
const listeners = new Set<() => void>()

export function currentKey(): string | undefined {
  return state.key
}

/** From now on requests carry this key; it is tried by whoever asks next. */
export function acceptKey(key: string): void {
  sessionStorage.setItem(storageName, key)
  change({ key, refusal: undefined })
}

/** `triedKey` is what the refused request carried: an answer to an older key says nothing about the newer one. */
export function refuseKey(triedKey: string | undefined, message: string): void {
  if (triedKey === state.key) change({ key: state.key, refusal: message })
}

/** Takes the key out of the address bar, or the one that this tab already had. */
export function loadKey(): void {
  const { key, rest } = splitKey(location.hash)
  if (key === undefined) {
    change({ key: sessionStorage.getItem(storageName) ?? undefined, refusal: undefined })
    return
  }
  acceptKey(key)
  history.replaceState(history.state, '', `${location.pathname}${location.search}${rest}`)
}

/** What a header can carry. */
export const keyPattern = /^[\x20-\x7e]+$/

/** "#key=abc&x=1" is the key "abc" and the rest "#x=1". A key that no header can carry is none. */
export function splitKey(hash: string): { key: string | undefined; rest: string } {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''))
  const key = parameters.get('key') ?? ''
  if (!keyPattern.test(key)) return { key: undefined, rest: hash }
  parameters.delete('key')
  return { key, rest: parameters.size === 0 ? '' : `#${parameters}` }
}

export function useKeyState(): KeyState {
  return useSyncExternalStore(subscribe, () => state)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function change(next: KeyState): void {
  state = next
  for (const listener of listeners) listener()
}
