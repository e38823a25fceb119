import { createInbox } from "nats"
import type { Conn, ConnStatus, Msg, Subscription } from "./conn.ts"

/** NATS's default, for payload checks until the server has sent its own limit. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024

interface Waiting {
  readonly subject: string
  readonly handler: (msg: Msg) => void
  readonly queue: string | undefined
}

/**
 * A connection that is still being made, for a program that starts before its NATS server does. It is disconnected until
 * `connecting` resolves; subscriptions are then made on the real connection. Messages published before that are dropped.
 *
 * It is closed for good when `connecting` rejects.
 *
 * @param inboxPrefix the connection's `inboxPrefix`, if it sets one
 * @example const conn = deferredConn(connect({ waitOnFirstConnect: true }).then(natsConn))
 */
export function deferredConn(connecting: Promise<Conn>, inboxPrefix?: string): Conn {
  const listeners = new Set<(status: ConnStatus) => void>()
  const waiting = new Map<Waiting, Subscription | undefined>()
  let conn: Conn | undefined

  const tell = (status: ConnStatus): void => {
    for (const listener of [...listeners]) listener(status)
  }
  const made = connecting.then((made) => {
    conn = made
    for (const each of waiting.keys()) waiting.set(each, made.subscribe(each.subject, each.handler, each.queue))
    made.onStatus(tell)
    tell("connected")
    return made
  })
  made.catch(() => tell("closed"))

  return {
    publish: (subject, payload, reply, headers) => conn?.publish(subject, payload, reply, headers),
    subscribe: (subject, handler, queue) => {
      if (conn !== undefined) return conn.subscribe(subject, handler, queue)
      const each = { subject, handler, queue }
      waiting.set(each, undefined)
      return {
        unsubscribe: () => {
          waiting.get(each)?.unsubscribe()
          waiting.delete(each)
        },
      }
    },
    flush: async () => (await made).flush(),
    newInbox: () => conn?.newInbox() ?? createInbox(inboxPrefix),
    get connected() {
      return conn?.connected ?? false
    },
    get maxPayloadBytes() {
      return conn?.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES
    },
    onStatus: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
