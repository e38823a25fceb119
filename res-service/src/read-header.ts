import { MsgImpl } from "@nats-io/nats-core/internal"
import type { Msg } from "nats"

/** The value of a header of the official client's message, as `findHeader` finds it; undefined also when it is empty. */
export function readHeader(msg: Msg | MsgImpl, name: string): string | undefined {
  return findHeader(msg, name) || undefined
}

/**
 * The value of a header of the official client's message; undefined: it has none. Asking `msg.headers` decodes and checks all of them, which
 * takes more time than the rest of a small message.
 */
export function findHeader(msg: Msg | MsgImpl, name: string): string | undefined {
  if (!(msg instanceof MsgImpl)) return msg.headers?.has(name) ? msg.headers.get(name) : undefined
  const { hdr } = msg._msg
  if (hdr <= 0) return undefined
  const { buffer, byteOffset } = msg._rdata
  const text = Buffer.from(buffer, byteOffset, hdr).toString()
  const line = `\r\n${name}:`
  const at = text.indexOf(line)
  if (at === -1) return undefined
  const from = at + line.length
  return text.slice(from, text.indexOf("\r\n", from)).trim()
}
