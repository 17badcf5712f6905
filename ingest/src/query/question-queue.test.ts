import { expect, test } from 'vitest'
import type { Budget } from '../store/questions.ts'
import { createQuestionQueue } from './question-queue.ts'

const limits = { ms: 1_000, spans: 5 }
const stays = new AbortController().signal

/** A question that ends when it is told to. */
function question() {
  const answer = Promise.withResolvers<string>()
  let budget: Budget | undefined
  return {
    ask: (given: Budget) => {
      budget = given
      return answer.promise
    },
    end: answer.resolve,
    fail: answer.reject,
    budget: () => budget,
  }
}

test('so many are let in, the others follow in the order in which they came', async () => {
  const queue = createQuestionQueue(limits, { atOnce: 2, waitingMax: 9, waitMs: 60_000 })
  const questions = [question(), question(), question(), question()]
  const [first, second, third, fourth] = questions.map(({ ask }) => queue.take(stays, ask))
  await expect
    .poll(() => questions.map(({ budget }) => budget() !== undefined))
    .toEqual([true, true, false, false])
  questions[1]?.end('second')
  expect(await second).toBe('second')
  await expect
    .poll(() => questions.map(({ budget }) => budget() !== undefined))
    .toEqual([true, true, true, false])
  expect(questions[2]?.budget()).toMatchObject(limits)
  questions[0]?.fail(new Error('no answer'))
  await expect(first).rejects.toThrow('no answer')
  for (const { end } of questions) end('told')
  expect(await Promise.all([third, fourth])).toEqual(['told', 'told'])
})

test('too many that wait, and one that waits too long, are told to come again', async () => {
  const queue = createQuestionQueue(limits, { atOnce: 1, waitingMax: 1, waitMs: 1 })
  const holder = question()
  const held = queue.take(stays, holder.ask)
  const waiting = queue.take(stays, question().ask)
  await expect(queue.take(stays, question().ask)).rejects.toMatchObject({
    code: 'query_busy',
    message: expect.stringContaining('1 questions wait already'),
  })
  await expect(waiting).rejects.toMatchObject({
    code: 'query_busy',
    message: expect.stringContaining('within 1 ms'),
  })
  holder.end('told')
  expect(await held).toBe('told')
  const next = question()
  next.end('at once')
  expect(await queue.take(stays, next.ask)).toBe('at once')
})

test('who hangs up leaves the queue, and a question under way is given up', async () => {
  const queue = createQuestionQueue(limits, { atOnce: 1, waitingMax: 9, waitMs: 60_000 })
  const holder = question()
  const [holding, waitingFor] = [new AbortController(), new AbortController()]
  const held = queue.take(holding.signal, holder.ask)
  const waiting = queue.take(waitingFor.signal, question().ask)
  const last = question()
  const lastAnswer = queue.take(stays, last.ask)
  waitingFor.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'query_busy' })
  expect(holder.budget()?.givenUp?.[0]).toBe(0)
  holding.abort()
  expect(holder.budget()?.givenUp?.[0]).toBe(1)
  holder.end('cut short')
  await held
  last.end('told')
  expect(await lastAnswer).toBe('told')
})
