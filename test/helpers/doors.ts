import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { WebSocket } from "ws"
import { publishEvent } from "./events.ts"

/** Where edge and gateway answer. */
export interface DoorUrls {
  readonly edge: string
  readonly gateway: string
}

/** What a door answered: an HTTP status, the event or error code of a reply, or why there was none. */
export interface DoorAnswer {
  readonly answer: string
  readonly retryAfter: string | null
  readonly ms: number
}

/** Longest time for an answer, in ms. */
const PATIENCE_MS = 30_000

type Ask = (urls: DoorUrls, shopId: string) => Promise<Pick<DoorAnswer, "answer" | "retryAfter">>

/** The doors of the product, by their names in `docs/degradation.md`. */
export const doors: Readonly<Record<string, Ask>> = {
  "POST /publish": ({ edge }, shopId) =>
    http(`${edge}/publish/${shopId}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(publishEvent({ shop_id: shopId })),
    }),
  "GET feed": ({ gateway }, shopId) => http(`${gateway}/api/store/${shopId}/feed`),
  "GET /stream": ({ edge }, shopId) => http(`${edge}/stream/${shopId}`),
  "old WebSocket": ({ edge }) => startedSession(edge),
  "DELETE /shoppers": ({ edge }) => http(`${edge}/shoppers/${randomUUID()}`, { method: "DELETE" }),
  "GET /export": ({ edge }, shopId) => http(`${edge}/export/${shopId}`),
  "/healthz": ({ edge }) => http(`${edge}/healthz`),
  "/readyz": ({ edge }) => http(`${edge}/readyz`),
}

/** Asks one door, and takes the time until the head of its answer. */
export async function askDoor(name: string, urls: DoorUrls, shopId: string): Promise<DoorAnswer> {
  const ask = doors[name]
  if (ask === undefined) throw new Error(`there is no door ${name}`)
  const begin = performance.now()
  const answer = await ask(urls, shopId)
  return { ...answer, ms: performance.now() - begin }
}

async function http(url: string, init: RequestInit = {}): Promise<Pick<DoorAnswer, "answer" | "retryAfter">> {
  const giveUp = new AbortController()
  const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS)
  try {
    const { status, headers } = await fetch(url, { ...init, signal: giveUp.signal })
    return { answer: String(status), retryAfter: headers.get("retry-after") }
  } catch {
    return { answer: giveUp.signal.aborted ? "no answer" : "no connection", retryAfter: null }
  } finally {
    clearTimeout(timer)
    giveUp.abort()
  }
}

/** Starts a session as an old storefront. */
async function startedSession(edge: string): Promise<Pick<DoorAnswer, "answer" | "retryAfter">> {
  const webSocket = new WebSocket(`${edge.replace("http", "ws")}/s${randomUUID()}`)
  webSocket.on("error", () => {})
  try {
    await once(webSocket, "open")
    webSocket.send(JSON.stringify({ event: "startSession", payload: { customerName: "Ann" } }))
    const [data] = (await once(webSocket, "message", { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Buffer]
    const { event, payload } = JSON.parse(data.toString()) as { event: string; payload: { code?: string } }
    return { answer: payload.code ?? event, retryAfter: null }
  } catch {
    return { answer: "no answer", retryAfter: null }
  } finally {
    webSocket.terminate()
  }
}
