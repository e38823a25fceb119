import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { request } from "node:http"
import { WebSocket } from "ws"
import { BasketTask } from "../../contract/basket-work.ts"
import { publishEvent } from "./events.ts"

/** What came of asking at a door. */
export interface Outcome {
  /** An HTTP status, or a code of RES or the old protocol; `none`: no answer in time, or the connection was closed. */
  readonly answer: number | string
  /** All that was sent, headers included. */
  readonly text: string
}

/** What the doors are tried on. */
export interface DoorTarget {
  readonly edgeUrl: string
  readonly gatewayUrl: string
  readonly shopId: string
  /** The name of the product in each event of that shop. */
  readonly productName: string
  /** Of a basket, and the sequence of an event, in that shop. */
  readonly basketId: string
  readonly seq: number
  /** A shared session that nobody joins without an invitation. */
  readonly sessionId: string
}

/** A door that only some may go through. */
export interface GuardedDoor {
  readonly name: string
  /** Whose token is good there; `member`: a token is of no use. */
  readonly opensTo: "merchant" | "admin" | "member"
  /** True where a good caller's answer has the shop's events. */
  readonly shows: boolean
  /** True for the gateway's HTTP. As Resgate does, it asks without a token when the auth request is not answered in time. */
  readonly mayLoseToken: boolean
  /** Asks, with a token or without, and gives up after `timeoutMs`. */
  ask(token: string | undefined, timeoutMs: number): Promise<Outcome>
}

/** Each door of the product through which a shop, or a closed session, could be seen or changed. */
export function guardedDoors({
  edgeUrl,
  gatewayUrl,
  shopId,
  productName,
  basketId,
  seq,
  sessionId,
}: DoorTarget): readonly GuardedDoor[] {
  const api = `${gatewayUrl}/api/store/${shopId}`
  const http = (
    method: string,
    url: string,
    { opensTo = "merchant", shows = false, body }: Partial<GuardedDoor> & { readonly body?: () => unknown } = {},
  ): GuardedDoor => ({
    name: `${method} ${new URL(url).pathname}${new URL(url).search}`
      .replaceAll(shopId, "<shop>")
      .replaceAll(basketId, "<basket>"),
    opensTo,
    shows,
    mayLoseToken: url.startsWith(gatewayUrl),
    ask: (token, timeoutMs) => askHttp(method, url, token, timeoutMs, body?.()),
  })
  const event = (): unknown => publishEvent({ shop_id: shopId, product_name: productName })
  const reads = { shows: true }
  return [
    http("GET", `${edgeUrl}/stream/${shopId}?replay=100`, reads),
    http("GET", `${edgeUrl}/stream/${shopId}?last_event_id=0`, reads),
    http("HEAD", `${edgeUrl}/stream/${shopId}`),
    http("GET", `${edgeUrl}/export/${shopId}`, reads),
    http("GET", `${edgeUrl}/export/${shopId}?format=csv`, reads),
    http("HEAD", `${edgeUrl}/export/${shopId}`),
    http("POST", `${edgeUrl}/publish/${shopId}`, { body: event }),
    http("POST", `${edgeUrl}/send`, { body: event }),
    http("DELETE", `${edgeUrl}/shoppers/${randomUUID()}`, { opensTo: "admin" }),
    http("GET", `${api}/feed`, reads),
    http("GET", `${api}/feed?before=${seq + 1}`, reads),
    http("GET", `${api}/event/${seq}`, reads),
    http("GET", `${api}/baskets`, reads),
    http("GET", `${api}/orders`),
    http("GET", `${api}/abandoned`),
    http("GET", `${api}/basket/${basketId}`, reads),
    http("GET", `${api}/stats`),
    http("GET", `${api}/digest`),
    http("POST", `${api}/digest/report`, { body: () => ({ what: "feed", seq: 1 }) }),
    http("GET", `${api}/day/${new Date().toISOString().slice(0, 10)}`, reads),
    http("GET", `${api}/days`, reads),
    http("GET", `${api}/days?from=2026-03-01&to=2026-03-02`),
    http("GET", `${api}/profile`),
    http("GET", `${api}/watchers`),
    http("POST", `${api}/watchers/watch`),
    http("POST", `${api}/profile/set`, { body: () => ({ name: productName }) }),
    http("POST", `${api}/feed/read`, { ...reads, body: () => ({ after: 0 }) }),
    http("POST", `${api}/feed/publish`, { body: event }),
    ...BasketTask.options.map((task) => http("POST", `${api}/basket/${basketId}/${task}`)),
    http("POST", `${gatewayUrl}/api/shopwire/auth/revoke`, { opensTo: "admin", body: () => ({ user: "nobody" }) }),
    http("POST", `${gatewayUrl}/api/shopwire/shoppers/erase`, {
      opensTo: "admin",
      body: () => ({ shopper_id: randomUUID() }),
    }),
    ...[`store.${shopId}.feed`, `store.${shopId}.baskets`].map((rid) => ({
      name: `subscribe.${rid}`.replaceAll(shopId, "<shop>"),
      opensTo: "merchant" as const,
      shows: true,
      mayLoseToken: false,
      ask: (token: string | undefined, timeoutMs: number) => subscribe(gatewayUrl, rid, token, timeoutMs),
    })),
    {
      name: "joinSession at an old WebSocket",
      opensTo: "member",
      shows: false,
      mayLoseToken: false,
      ask: (_token, timeoutMs) => joinUninvited(edgeUrl, sessionId, timeoutMs),
    },
  ]
}

function askHttp(
  method: string,
  url: string,
  token: string | undefined,
  timeoutMs: number,
  body: unknown,
): Promise<Outcome> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  }
  return new Promise((resolve) => {
    let answer: Outcome["answer"] = "none"
    let text = ""
    const sent = request(url, { method, headers, agent: false })
    const end = (): void => {
      clearTimeout(timer)
      sent.destroy()
      resolve({ answer, text })
    }
    const timer = setTimeout(end, timeoutMs)
    sent.on("error", end)
    sent.on("response", (response) => {
      const status = response.statusCode ?? 0
      text = JSON.stringify(response.headers)
      const isStream = method === "GET" && response.headers["content-type"]?.startsWith("text/event-stream")
      // A stream that begins late has no time left to show anything: no answer yet.
      if (!isStream) answer = status
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part
        // A stream does not end; what was to come first has come with the first event.
        if (!isStream || !text.includes("\ndata: ")) return
        answer = status
        end()
      })
      response.on("close", end)
    })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

async function subscribe(
  gatewayUrl: string,
  rid: string,
  token: string | undefined,
  timeoutMs: number,
): Promise<Outcome> {
  const socket = new WebSocket(gatewayUrl.replace("http", "ws"))
  const frames: string[] = []
  let loginRefusal: string | undefined
  const found = new Promise<number | string>((resolve) => {
    setTimeout(resolve, timeoutMs, "none").unref()
    socket.on("close", () => resolve("none"))
    socket.on("error", () => resolve("none"))
    socket.on("message", (data: Buffer) => {
      frames.push(data.toString())
      const { id, result, error } = JSON.parse(data.toString())
      if (id === 2) loginRefusal = error?.code
      if (id === 3) resolve(error === undefined && result !== undefined ? 200 : (loginRefusal ?? error.code))
    })
  })
  socket.on("open", () => {
    const send = (id: number, method: string, params?: unknown): void =>
      socket.send(JSON.stringify({ id, method, params }))
    send(1, "version", { protocol: "1.2.3" })
    if (token === undefined) {
      send(3, `subscribe.${rid}`)
      return
    }
    send(2, "auth.shopwire.auth.login", { token })
    // Whoever has no login subscribes all the same.
    socket.on("message", (data: Buffer) => {
      if (JSON.parse(data.toString()).id === 2) send(3, `subscribe.${rid}`)
    })
  })
  const answer = await found
  socket.terminate()
  return { answer, text: frames.join("\n") }
}

async function joinUninvited(edgeUrl: string, sessionId: string, timeoutMs: number): Promise<Outcome> {
  const socket = new WebSocket(`${edgeUrl.replace("http", "ws")}/${sessionId}`)
  const frames: string[] = []
  const found = new Promise<number | string>((resolve) => {
    setTimeout(resolve, timeoutMs, "none").unref()
    socket.on("error", () => resolve("none"))
    socket.on("message", (data: Buffer) => {
      frames.push(data.toString())
      const { event, payload } = JSON.parse(data.toString())
      resolve(event === "error" ? payload.code : 200)
    })
  })
  await Promise.race([once(socket, "open").catch(() => {}), found])
  if (socket.readyState === WebSocket.OPEN)
    socket.send(JSON.stringify({ event: "joinSession", payload: { customerName: "Eve" } }))
  const answer = await found
  socket.terminate()
  return { answer, text: frames.join("\n") }
}
