// A wait that can be ended early: one of our own by `end`, one that somebody else asked for only by `cancel`.

export class Pause {
  private finish: (() => void) | undefined
  private isImposed = false

  own(ms: number): Promise<void> {
    return this.wait(ms, false)
  }

  imposed(ms: number): Promise<void> {
    return this.wait(ms, true)
  }

  end(): void {
    if (!this.isImposed) this.finish?.()
  }

  cancel(): void {
    this.finish?.()
  }

  private wait(ms: number, isImposed: boolean): Promise<void> {
    this.isImposed = isImposed
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.finish?.(), ms)
      this.finish = () => {
        clearTimeout(timer)
        this.finish = undefined
        resolve()
      }
    })
  }
}

/** Until `work` is done, or `ms` milliseconds have passed. */
export async function within(ms: number, work: Promise<void> | undefined): Promise<void> {
  if (!work) return
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, deadline])
  clearTimeout(timer)
}
