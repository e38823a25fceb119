import { createInbox, type MsgHdrs, type NatsConnection, type NodeConnectionOptions, type PublishOptions } from "nats"
import type { Conn, ConnStatus, Headers } from "./conn.ts"
import { connectOncePerTurn } from "./connect-once-per-turn.ts"
import { pingOptions } from "./ping-options.ts"
import { readHeader } from "./read-header.ts"
import { WrittenHeader } from "./written-header.ts"

const NO_RESPONDERS = 503
const DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024

/**
 * Wraps a connection of the official client. The caller still owns that connection: it configures, drains and closes it.
 *
 * @example
 * import { connect } from "nats"
 * const conn = natsConn(await connect({ servers: "nats://127.0.0.1:4222", maxReconnectAttempts: -1 }))
 */
export function natsConn(nc: NatsConnection): Conn {
  const listeners = new Set<(status: ConnStatus) => void>()
  let connected = !nc.isClosed()
  const set = (status: ConnStatus): void => {
    connected = status === "connected"
    for (const listener of [...listeners]) listener(status)
  }
  void watchStatus(nc, set)

  return {
    publish: (subject, payload, reply, headers) => {
      // From node's pool; the client would make an array buffer of its own for each text.
      const data = typeof payload === "string" ? Buffer.from(payload) : payload
      nc.publish(subject, data, publishOptions(reply, headers))
    },
    subscribe: (subject, handler, queue) => {
      const subscription = nc.subscribe(subject, {
        ...(queue === undefined ? {} : { queue }),
        callback: (err, msg) => {
          if (err) return // a permission violation, which the client reports on its status iterator
          handler({
            subject: msg.subject,
            data: msg.data,
            reply: msg.reply,
            header: (name) => readHeader(msg, name),
            headers: () => headersOf(msg.headers),
            noResponders: msg.data.length === 0 && msg.headers?.code === NO_RESPONDERS,
          })
        },
      })
      return {
        unsubscribe: () => subscription.unsubscribe(),
        // Without a connection nothing is on the way.
        drain: () => subscription.drain().catch(() => {}),
      }
    },
    flush: () => nc.flush(),
    newInbox: () => newInbox(nc),
    get connected() {
      return connected
    },
    get maxPayloadBytes() {
      return nc.info?.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES
    },
    onStatus: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function headersOf(headers: MsgHdrs | undefined): Headers | undefined {
  return headers && Object.fromEntries(headers.keys().map((name) => [name, headers.get(name)]))
}

function publishOptions(reply: string | undefined, given: Headers | undefined): PublishOptions | undefined {
  if (given === undefined) return reply === undefined ? undefined : { reply }
  const headers = new WrittenHeader(given)
  return reply === undefined ? { headers } : { reply, headers }
}

/**
 * A subject for replies to a connection of the official client, under the connection's own prefix (its option `inboxPrefix`).
 * Where each login may read only its own replies, no other prefix works.
 */
export function newInbox(nc: NatsConnection): string {
  // Not in the client's public type, but its JetStream client reads it as well.
  const { options } = nc as NatsConnection & { readonly options?: { readonly inboxPrefix?: string } }
  return createInbox(options?.inboxPrefix)
}

/** A connection that the library opened; close it with `close`. */
export interface NatsConn extends Conn {
  /** The official client's connection, for everything that is not RES. */
  readonly nats: NatsConnection
  /** Sends pending messages, then closes. */
  close(): Promise<void>
}

/**
 * Connects to NATS with the official client. Unlike that client by default, it never stops trying to reconnect. Rejects when no
 * server is there at first.
 *
 * @param servers one or more addresses, or all of the client's options
 * @example const conn = await connectNats("nats://127.0.0.1:4222")
 */
export async function connectNats(servers: string | string[] | NodeConnectionOptions): Promise<NatsConn> {
  const options = typeof servers === "string" || Array.isArray(servers) ? { servers } : servers
  const nats = await connectOncePerTurn({ maxReconnectAttempts: -1, ...pingOptions, ...options })
  // Assigned to, not spread: some of its properties are getters.
  return Object.assign(natsConn(nats), { nats, close: () => nats.drain() })
}

async function watchStatus(nc: NatsConnection, set: (status: ConnStatus) => void): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === "disconnect") set("disconnected")
    if (status.type === "reconnect") set("connected")
  }
  await nc.closed()
  set("closed")
}
