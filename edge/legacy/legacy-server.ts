import { randomBytes } from "node:crypto"
import { type IncomingMessage, type Server, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import {
  AddressCounts,
  addressGroup,
  type ClientAddresses,
  type Conn,
  closeAnswered,
  Heartbeat,
  hasManyHosts,
  type Logger,
  onWebSocketUpgrade,
  type Subscription,
} from "res-service"
import type { Client } from "res-service/client"
import { type WebSocket, WebSocketServer } from "ws"
import type { OwnPages } from "../../config/own-pages.ts"
import { newEdgeCid } from "../../contract/edge-connection.ts"
import { isSessionId, SESSION_ID_RULE } from "../../contract/session-id.ts"
import { edgePingSubject } from "../../contract/subjects.ts"
import { Allowance } from "../../limits/allowance.ts"
import { occurrences } from "../../observe/occurrences.ts"
import { webSocketRefusal } from "../http/cross-origin.ts"
import { LegacySession } from "./legacy-session.ts"
import { LegacySocket } from "./legacy-socket.ts"
import { Turns } from "./turns.ts"

/** Largest frame of a client: a cart of 256 KiB, with room for escapes. */
const MAX_FRAME_BYTES = 1024 * 1024 - 16 * 1024
/** A socket that does not answer pings is cut after so many ticks, of a second each. */
const DEAD_TICKS = 20
/**
 * Time for a socket to prove that it is alive when a new host asks, in ms, and the ticks in which it passes: however long this process stands
 * still, that is one tick, so it reads an answer that has come meanwhile.
 */
const ALIVE_TIMEOUT_MS = 2000
const ALIVE_TICK_MS = 100
/** Seconds over which new sockets are counted. */
const NEW_SOCKETS_WINDOW_S = 60

export interface LegacyServerOptions {
  readonly conn: Conn
  readonly client: Client
  /** The only accepted subprotocol; undefined accepts the client's first offer. */
  readonly protocol: string | undefined
  /** Determines a client's address. */
  readonly addresses: ClientAddresses
  /** Origins whose pages may connect; empty: all. */
  readonly origins: readonly string[]
  /** The admitted pages with `AUTH=none`; undefined: only `origins` decide. */
  readonly pages?: OwnPages | undefined
  /** Most sockets from one address. */
  readonly maxSocketsPerAddress: number
  /** Most new sockets of one address per minute; 0 or undefined: no limit. */
  readonly newSocketsPerMinute?: number
  /** As `HeartbeatOptions.tickMs`. */
  readonly heartbeatMs?: number | undefined
  readonly logger: Logger
}

interface Connected {
  readonly webSocket: WebSocket
  /** The pending question whether it is alive. */
  asking: Promise<boolean> | undefined
}

/** Speaks the old storefronts' WebSocket protocol, at `/<sessionId>`. */
export class LegacyServer {
  readonly #options: LegacyServerOptions
  readonly #edgeId = randomBytes(9).toString("hex")
  readonly #webSockets: WebSocketServer
  readonly #sockets = new Map<string, Connected>()
  readonly #sessions = new Map<string, { session: LegacySession; sockets: number }>()
  /** Shared by all sessions, so that large updates leave time for requests. */
  readonly #turns = new Turns()
  readonly #openSockets = new AddressCounts()
  readonly #newSockets: Allowance | undefined
  readonly #subscription: Subscription
  readonly #heartbeat: Heartbeat

  constructor(options: LegacyServerOptions) {
    this.#options = options
    const { newSocketsPerMinute = 0 } = options
    this.#newSockets = newSocketsPerMinute === 0 ? undefined : new Allowance(newSocketsPerMinute, NEW_SOCKETS_WINDOW_S)
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_FRAME_BYTES,
      // One frame of each socket in a turn of the event loop: a client that sends thousands at once delays only itself.
      allowSynchronousEvents: false,
      perMessageDeflate: false,
      handleProtocols: (offers) => (options.protocol === undefined ? ([...offers][0] ?? false) : options.protocol),
    })
    this.#subscription = options.conn.subscribe(edgePingSubject(this.#edgeId), (msg) => {
      void this.#isAlive(msg.data.toString()).then((alive) => {
        if (msg.reply) options.conn.publish(msg.reply, JSON.stringify({ alive }))
      })
    })
    this.#heartbeat = new Heartbeat({ tickMs: options.heartbeatMs, deadTicks: DEAD_TICKS })
  }

  /** Handles the upgrades of a server that has no other listener for them. */
  attach(server: Server): void {
    onWebSocketUpgrade(server, (request, stream, head) => {
      const refusal = this.#refusal(request)
      if (refusal !== undefined) return refuse(stream, refusal)
      this.#webSockets.handleUpgrade(request, stream, head, (webSocket) =>
        this.#open(webSocket, stream, sessionIdOf(request) ?? "", this.#addressOf(request)),
      )
    })
  }

  /** Closes all sockets; clients reconnect to another edge. */
  async stop(): Promise<void> {
    this.#heartbeat.stop()
    this.#subscription.unsubscribe()
    const closing = [...this.#sockets.values()].map(({ webSocket }) => {
      const closed = new Promise((resolve) => webSocket.once("close", resolve))
      webSocket.close(1001, "going away")
      setTimeout(() => webSocket.terminate(), ALIVE_TIMEOUT_MS).unref()
      return closed
    })
    await Promise.all(closing)
  }

  #refusal(request: IncomingMessage): Refusal | undefined {
    const { protocol, origins, pages, maxSocketsPerAddress } = this.#options
    if (sessionIdOf(request) === undefined)
      return { status: 400, detail: `The path must be /<sessionId>: ${SESSION_ID_RULE}` }
    const offers = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((offer) => offer.trim())
    if (protocol !== undefined && !offers.includes(protocol))
      return { status: 400, detail: `The subprotocol must be ${protocol}` }
    if (hasManyHosts(request)) return { status: 400, detail: "There is more than one Host header" }
    const foreign = webSocketRefusal(request, origins, pages)
    if (foreign !== undefined) return { status: 403, detail: foreign }
    const address = this.#addressOf(request)
    const standing = this.#newSockets?.take(address, 1)
    if (standing?.granted === false) {
      occurrences.refused.tell("new sockets")
      return { status: 429, detail: "Too many new connections", retryAfterS: Math.ceil(standing.resetMs / 1000) }
    }
    if (this.#openSockets.of(address) >= maxSocketsPerAddress) {
      occurrences.refused.tell("sockets")
      return { status: 429, detail: "Too many connections" }
    }
    return undefined
  }

  /** The address, or IPv6 network, for which a client's sockets are counted. */
  #addressOf(request: IncomingMessage): string {
    return addressGroup(this.#options.addresses.of(request))
  }

  #open(webSocket: WebSocket, stream: Duplex, sessionId: string, address: string): void {
    const cid = newEdgeCid(this.#edgeId)
    const socket = new LegacySocket(webSocket, {
      cid,
      address,
      client: this.#options.client,
      acquire: () => this.#acquire(sessionId),
      release: () => this.#release(sessionId),
    })
    this.#sockets.set(cid, { webSocket, asking: undefined })
    const closed = this.#openSockets.add(address)
    occurrences.legacySocket.tell("opened")
    this.#heartbeat.add(webSocket, stream, {
      ping: () => webSocket.ping(),
      onQuiet: () => socket.setQuiet(true),
      onHeard: () => socket.setQuiet(false),
      onDead: () => webSocket.terminate(),
    })
    // The socket is closed after any error, with a code that says why.
    webSocket.on("error", (error) => this.#options.logger.debug({ err: error, cid }, "a storefront's socket failed"))
    webSocket.on("close", () => {
      this.#sockets.delete(cid)
      closed()
      occurrences.legacySocket.tell("closed")
    })
  }

  #acquire(id: string): LegacySession {
    const known = this.#sessions.get(id) ?? {
      session: new LegacySession(this.#options.client, id, this.#turns),
      sockets: 0,
    }
    known.sockets++
    this.#sessions.set(id, known)
    return known.session
  }

  #release(id: string): void {
    const known = this.#sessions.get(id)
    if (known === undefined || --known.sockets > 0) return
    this.#sessions.delete(id)
    known.session.close()
  }

  /** Whether a socket exists and answers a ping in time; else it is cut. Callers at the same time share one ping. */
  async #isAlive(cid: string): Promise<boolean> {
    const entry = this.#sockets.get(cid)
    if (entry === undefined) return false
    entry.asking ??= answersPing(entry.webSocket).finally(() => {
      entry.asking = undefined
    })
    const answered = await entry.asking
    if (!answered) entry.webSocket.terminate()
    return answered
  }
}

function answersPing(webSocket: WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (answered: boolean): void => {
      clearInterval(timer)
      webSocket.off("pong", onPong)
      webSocket.off("close", onClose)
      resolve(answered)
    }
    const onPong = (): void => end(true)
    const onClose = (): void => end(false)
    let ticks = 0
    const timer = setInterval(() => {
      if (++ticks * ALIVE_TICK_MS >= ALIVE_TIMEOUT_MS) end(false)
    }, ALIVE_TICK_MS)
    webSocket.on("pong", onPong)
    webSocket.on("close", onClose)
    webSocket.ping()
  })
}

/** The session in an upgrade's path. Old storefronts may put slashes around it, and their libraries may escape a `~`. */
function sessionIdOf({ url = "" }: IncomingMessage): string | undefined {
  const [path = ""] = url.split("?")
  const id = path.replace(/^\/+|\/+$/g, "").replaceAll(/%7E/gi, "~")
  return isSessionId(id) ? id : undefined
}

interface Refusal {
  readonly status: number
  readonly detail: string
  readonly retryAfterS?: number
}

function refuse(stream: Duplex, { status, detail, retryAfterS }: Refusal): void {
  const title = STATUS_CODES[status] ?? "Error"
  const body = JSON.stringify({ type: "about:blank", title, status, detail })
  const retryAfter = retryAfterS === undefined ? "" : `Retry-After: ${retryAfterS}\r\n`
  // A socket that fails closes by itself.
  stream.on("error", () => {})
  stream.write(
    `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n${retryAfter}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  closeAnswered(stream)
}
