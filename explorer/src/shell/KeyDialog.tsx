// Asks for the API key when ingest refuses a request (401), showing its message; the page's requests then run again.
import { Button, Modal, PasswordInput, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { acceptKey, keyPattern, useKeyState, type KeyState } from '../api/key.ts'
import styles from './KeyDialog.module.css'

export function KeyDialog() {
  const state = useKeyState()
  const { key, refusal } = state
  const queryClient = useQueryClient()
  const [typed, setTyped] = useState('')
  // A dialog that was closed stays so until there is another refusal.
  const [closedFor, setClosedFor] = useState<KeyState>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!keyPattern.test(typed)) return
    acceptKey(typed)
    setTyped('')
    void queryClient.resetQueries()
  }
  return (
    <Modal
      opened={refusal !== undefined && closedFor !== state}
      onClose={() => setClosedFor(state)}
      title="API key"
      size="sm"
      centered
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">
            {key === undefined
              ? 'This ingest service answers only with its API key.'
              : 'That key was refused. Try another.'}
          </Text>
          <PasswordInput
            label="Key"
            description="The value of TRACES_INGESTION_API_KEY. It is kept in this tab only."
            classNames={{ error: styles.refusal }}
            error={key === undefined ? undefined : refusal}
            autoComplete="off"
            data-autofocus
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button type="submit" disabled={!keyPattern.test(typed)}>
            Use this key
          </Button>
        </Stack>
      </form>
    </Modal>
  )
}
