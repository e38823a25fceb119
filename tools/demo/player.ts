import { setTimeout as sleep } from "node:timers/promises"
import { Friend } from "./friend.ts"
import { FRIENDS_SESSION, type FriendName, type FriendStep, friendNames } from "./friends.ts"
import { Publisher } from "./publisher.ts"
import { script } from "./script.ts"

/** When the demo is later than this, in ms, after an outage or because the rate is too high, it continues from now. */
const MAX_LATE_MS = 2000

export interface DemoOptions {
  /** `http://host:port` of the edge, without a slash at the end. */
  readonly edgeUrl: string
  readonly seed: number
  /** Events a minute, on average. */
  readonly rate: number
  /** A bearer token, if the product needs one. */
  readonly token: string | undefined
  readonly say: (line: string) => void
}

/** Plays the script of a seed against a running product, in real time. */
export class Player {
  readonly #options: DemoOptions
  readonly #stopping = new AbortController()
  readonly #publisher: Publisher
  readonly #friends: ReadonlyMap<FriendName, Friend>
  #playing: Promise<void> | undefined

  constructor(options: DemoOptions) {
    this.#options = options
    const { edgeUrl, token, say } = options
    this.#publisher = new Publisher({ edgeUrl, token, say, signal: this.#stopping.signal })
    const session = `${edgeUrl.replace(/^http/, "ws")}/${FRIENDS_SESSION}`
    this.#friends = new Map(friendNames.map((name) => [name, new Friend(name, session)]))
  }

  /**
   * Plays until `stop`.
   *
   * @throws {DemoError} the product refuses an event
   */
  async play(): Promise<void> {
    this.#playing = this.#play()
    await this.#playing
  }

  /** Resolves when the last event is stored and the friends have left. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#playing?.catch(() => {})
    await Promise.all([...this.#friends.values()].map((friend) => friend.leave()))
  }

  async #play(): Promise<void> {
    const { signal } = this.#stopping
    const { seed, rate } = this.#options
    let due = performance.now()
    for (const step of script(seed)) {
      due += (step.pause * 60_000) / rate
      due = Math.max(due, performance.now() - MAX_LATE_MS)
      await sleep(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      if (step.type === "publish") await this.#publisher.publish(step.event)
      else await this.#act(step.step)
    }
  }

  // The shop continues without the two friends, who catch up with their next step.
  async #act(step: FriendStep): Promise<void> {
    try {
      await this.#friends.get(step.who)?.act(step)
    } catch (error) {
      this.#options.say(`${step.who} could not ${step.does}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
