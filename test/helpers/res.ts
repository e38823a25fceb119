import type { Msg, NatsConnection } from "nats"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { PATIENCE_MS, until } from "./until.ts"

/** Pre-responses and an answer. */
const MAX_REPLIES = 10

interface Answered {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any answer
  readonly result?: any
  readonly error?: { readonly code: string; readonly message: string; readonly data?: unknown }
}

/**
 * A RES request straight over NATS, as a gateway would send it, with a payload that is text already or becomes JSON. A slow service
 * may first say how much time it needs.
 */
export async function resRequest(nats: NatsConnection, subject: string, payload: unknown = {}): Promise<Answered> {
  const options = { strategy: "count", maxMessages: MAX_REPLIES, maxWait: PATIENCE_MS } as const
  const text = typeof payload === "string" ? payload : JSON.stringify(payload)
  for await (const reply of await nats.requestMany(subject, text, options))
    if (!reply.string().startsWith("timeout:")) return reply.json<Answered>()
  throw new Error(`no answer to ${subject}`)
}

/** What a fresh `get` of a shop's feed gives, newest first; with a query, of an older page. */
export async function getFeed(nats: NatsConnection, shopId: string, query?: string): Promise<ShownEvent[]> {
  const answer = await resRequest(nats, `get.store.${shopId}.feed`, query === undefined ? {} : { query })
  if (answer.error) throw new Error(`${answer.error.code}: ${answer.error.message}`)
  return answer.result.collection.map(({ data }: { data: ShownEvent }) => data)
}

/** Follows a feed as RES tells to: a `get`, then its events, in the order in which they come. */
export class FeedWatcher {
  readonly #nats: NatsConnection
  readonly #shopId: string
  #events: { name: string; payload: { idx: number; value: { data: ShownEvent } } }[] = []
  #feed: ShownEvent[] | undefined

  private constructor(nats: NatsConnection, shopId: string) {
    this.#nats = nats
    this.#shopId = shopId
  }

  /** Subscribes, then gets. */
  static async watch(nats: NatsConnection, shopId: string): Promise<FeedWatcher> {
    const watcher = new FeedWatcher(nats, shopId)
    const inbox = `_INBOX.watch.${Math.random()}`
    const loaded = new Promise<void>((resolve, reject) => {
      // By callback and on one connection, so that the answer and the events keep their order.
      const answer = nats.subscribe(inbox, {
        callback: (_, msg: Msg) => {
          // A slow service first says how much time it needs.
          if (msg.string().startsWith("timeout:")) return
          answer.unsubscribe()
          const { result, error = "nobody listens" } =
            msg.data.length === 0
              ? {}
              : msg.json<{ result?: { collection: { data: ShownEvent }[] }; error?: unknown }>()
          watcher.#feed = result?.collection.map(({ data }) => data)
          if (result !== undefined) resolve()
          else reject(new Error(`the feed cannot be watched: ${JSON.stringify(error)}`))
        },
      })
    })
    nats.subscribe(`event.store.${shopId}.feed.*`, { callback: (_, msg) => watcher.#receive(msg) })
    nats.publish(`get.store.${shopId}.feed`, "{}", { reply: inbox })
    await loaded
    return watcher
  }

  /** The watcher's copy, newest first. */
  get feed(): readonly ShownEvent[] {
    return this.#feed ?? []
  }

  /** Names of the events that came since the get, oldest first. */
  get eventNames(): string[] {
    return this.#events.map(({ name }) => name)
  }

  /** Waits until all that was sent so far has come in. */
  async settled(): Promise<void> {
    // A service that has waited for its lease refuses.
    await until("the feed", () => getFeed(this.#nats, this.#shopId).catch(() => undefined))
  }

  #receive(msg: Msg): void {
    const name = msg.subject.split(".").at(-1) ?? ""
    if (this.#feed === undefined) return
    const payload = msg.json<{ idx: number; value: { data: ShownEvent } }>()
    this.#events.push({ name, payload })
    if (name === "add") this.#feed.splice(payload.idx, 0, payload.value.data)
    else if (name === "remove") this.#feed.splice(payload.idx, 1)
    else throw new Error(`unexpected event ${name}`)
  }
}
