import { setTimeout as sleep } from "node:timers/promises"

/** Something that is done again and again, with pauses in between. */
export class Loop {
  readonly #step: () => Promise<void>
  readonly #pauseMs: number
  #isPaused = false
  #isStopped = false
  #stepping: Promise<void> | undefined
  readonly #running: Promise<void>

  /** @param step must not reject, and must end within seconds */
  constructor(step: () => Promise<void>, pauseMs: number) {
    this.#step = step
    this.#pauseMs = pauseMs
    this.#running = this.#run()
  }

  /** Resolves when no step is under way. */
  async pause(): Promise<void> {
    this.#isPaused = true
    await this.#stepping
  }

  resume(): void {
    this.#isPaused = false
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      if (!this.#isPaused) {
        this.#stepping = this.#step()
        await this.#stepping
      }
      await sleep(this.#pauseMs)
    }
  }
}
