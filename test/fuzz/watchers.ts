import { once } from "node:events"
import { WebSocket } from "ws"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { type Client, type ClientCollection, resClient } from "../helpers/res-client.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import type { Target } from "./door.ts"
import { sides } from "./inputs.ts"

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
    for (const i of [0, 1] as const) await watchers.#watch(i)
    return watchers
  }

  /** With AUTH on, puts into the second side's shop what the attacker must not see. */
  async publishSecret(): Promise<void> {
    const { auth, edgeUrl } = this.#target
    if (auth === undefined) return
    const { shopId, basketId } = sides[1]
    const event = publishEvent({ shop_id: shopId, session_id: basketId, product_name: auth.secret, product_id: 1 })
    const { status } = await post(`${edgeUrl}/publish/${shopId}`, event, bearer(auth.admin))
    if (status !== 200) throw new Error(`the secret was answered ${status}`)
  }

  /** What of one side was seen at the other. */
  get leaks(): readonly string[] {
    return this.#leaks
  }

  /** Waits until each feed is what a fresh get gives. */
  async settle(): Promise<void> {
    for (const [i, { shopId }] of sides.entries()) {
      await until("the watched feed to be what a fresh get gives", async () => {
        const url = `${this.#target.gatewayUrl}/api/store/${shopId}/feed`
        const fresh = await (await fetch(url, { headers: bearer(this.#target.auth?.watchers[i]) })).json()
        return JSON.stringify([...(this.#feeds[i] ?? [])]) === JSON.stringify(fresh)
      })
    }
  }

  /** Publishes and shops as anybody does, to see that it all still works. */
  async tryEverything(): Promise<void> {
    const event = publishEvent()
    const { edgeUrl, auth } = this.#target
    const client = await this.#client(auth?.admin)
    try {
      const feed = await client.get<ClientCollection<ShownEvent>>(`store.${event.shop_id}.feed`)
      feed.on("add", () => {})
      const answer = await post(`${edgeUrl}/publish/${event.shop_id}`, [event, event], bearer(auth?.admin))
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

  async #client(token: string | undefined): Promise<Client> {
    const client = resClient(this.#target.gatewayUrl.replace("http", "ws"))
    if (token !== undefined) await client.authenticate("shopwire.auth", "login", { token })
    return client
  }

  async #watch(i: 0 | 1): Promise<void> {
    const { edgeUrl, gatewayUrl, auth } = this.#target
    const own = sides[i]
    const other = sides[i === 0 ? 1 : 0]
    const secrets = [other.marker, other.shopId, other.basketId, other.sessionId]
    if (auth !== undefined && i === 0) secrets.push(auth.secret)
    const look = (text: string): void => {
      this.frames++
      const found = secrets.find((secret) => text.includes(secret))
      if (found !== undefined) this.#leaks.push(`who watches ${own.marker} was sent ${found}: ${text.slice(0, 500)}`)
    }
    const socket = new WebSocket(gatewayUrl.replace("http", "ws"))
    this.#sockets.push(socket)
    socket.on("message", (data: Buffer) => look(data.toString()))
    await once(socket, "open")
    if (auth !== undefined) {
      socket.send(JSON.stringify({ id: 9, method: "auth.shopwire.auth.login", params: { token: auth.watchers[i] } }))
      await once(socket, "message")
    }
    const { shopId, sessionId, basketId } = own
    const rids = [
      `store.${shopId}.feed`,
      `store.${shopId}.baskets`,
      `store.${shopId}.orders`,
      `store.${shopId}.stats`,
      `store.${shopId}.digest`,
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

    const client = await this.#client(auth?.watchers[i])
    this.#clients.push(client)
    const feed = await client.get<ClientCollection<ShownEvent>>(`store.${shopId}.feed`)
    feed.on("add", () => {})
    this.#feeds.push(feed)
  }
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}
