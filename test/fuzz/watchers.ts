import { once } from "node:events"
import { WebSocket } from "ws"
import type { ShownEvent } from "../../service/schemas/publish-event.ts"
import { publishEvent } from "../helpers/events.ts"
import { get, post } from "../helpers/http.ts"
import { type Client, type ClientCollection, resClient } from "../helpers/res-client.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import type { Target } from "./door.ts"
import { type Side, sides } from "./inputs.ts"

/** Somebody at each side, by every door, who must see nothing of the other side, and all of its own. */
export class Watchers {
  readonly #target: Target
  readonly #sockets: WebSocket[] = []
  readonly #storefronts: Storefront[] = []
  readonly #clients: Client[] = []
  readonly #feeds: ClientCollection<ShownEvent>[] = []
  readonly #leaks: string[] = []
  frames = 0

  private constructor(target: Target) {
    this.#target = target
  }

  static async start(target: Target): Promise<Watchers> {
    const watchers = new Watchers(target)
    for (const [i, side] of sides.entries()) await watchers.#watch(side, sides[1 - i] as Side)
    return watchers
  }

  /** What of one side was seen at the other. */
  get leaks(): readonly string[] {
    return this.#leaks
  }

  /** Waits until each feed is what a fresh get gives. */
  async settle(): Promise<void> {
    for (const [i, { shopId }] of sides.entries()) {
      await until(
        "the watched feed to be what a fresh get gives",
        async () => {
          const fresh = (await get(`${this.#target.gatewayUrl}/api/store/${shopId}/feed`)).body
          return JSON.stringify([...(this.#feeds[i] ?? [])]) === JSON.stringify(fresh)
        },
        15_000,
      )
    }
  }

  /** Publishes and shops as anybody does, to see that it all still works. */
  async tryEverything(): Promise<void> {
    const event = publishEvent()
    const { edgeUrl, gatewayUrl } = this.#target
    const client = resClient(gatewayUrl.replace("http", "ws"))
    try {
      const feed = await client.get<ClientCollection<ShownEvent>>(`store.${event.shop_id}.feed`)
      feed.on("add", () => {})
      const answer = await post(`${edgeUrl}/publish/${event.shop_id}`, [event, event])
      if (answer.status !== 200)
        throw new Error(`a publish was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      await until("what was published to be shown", () => feed.length === 2)
      const storefront = await Storefront.open(edgeUrl, `after-${Date.now()}`)
      await storefront.start("Ann")
      await storefront.shows("Ann*")
      await storefront.close()
    } finally {
      client.disconnect()
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.disconnect()
    await Promise.all(this.#storefronts.map((storefront) => storefront.close()))
    await Promise.all(
      this.#sockets.map(async (socket) => {
        const closed = once(socket, "close")
        socket.close()
        await closed
      }),
    )
  }

  async #watch(own: Side, other: Side): Promise<void> {
    const { edgeUrl, gatewayUrl } = this.#target
    const secrets = [other.marker, other.shopId, other.basketId, other.sessionId]
    const look = (text: string): void => {
      this.frames++
      const found = secrets.find((secret) => text.includes(secret))
      if (found !== undefined) this.#leaks.push(`who watches ${own.marker} was sent ${found}: ${text.slice(0, 500)}`)
    }
    const socket = new WebSocket(gatewayUrl.replace("http", "ws"))
    this.#sockets.push(socket)
    socket.on("message", (data: Buffer) => look(data.toString()))
    await once(socket, "open")
    const { shopId, sessionId, basketId } = own
    const rids = [
      `store.${shopId}.feed`,
      `store.${shopId}.baskets`,
      `store.${shopId}.stats`,
      `session.${sessionId}.multicart`,
    ]
    for (const [id, rid] of [...rids, `store.${shopId}.basket.${basketId}`].entries())
      socket.send(JSON.stringify({ id, method: `subscribe.${rid}` }))

    const storefront = await Storefront.open(edgeUrl, sessionId)
    this.#storefronts.push(storefront)
    await storefront.start(own.marker)
    storefront.webSocket.on("message", (data: Buffer) => {
      look(data.toString())
      storefront.messages.length = 0
    })
    for (const subject of [`event.store.${shopId}.>`, `event.session.${sessionId}.>`])
      this.#target.nats.subscribe(subject, { callback: (_, msg) => look(msg.string()) })

    const client = resClient(gatewayUrl.replace("http", "ws"))
    this.#clients.push(client)
    const feed = await client.get<ClientCollection<ShownEvent>>(`store.${shopId}.feed`)
    feed.on("add", () => {})
    this.#feeds.push(feed)
  }
}
