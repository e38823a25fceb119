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
  if (msg._msg.hdr <= 0) return undefined
  const text = headerText(msg)
  const line = `\r\n${name}:`
  const at = text.indexOf(line)
  if (at === -1) return undefined
  const from = at + line.length
  return text.slice(from, text.indexOf("\r\n", from)).trim()
}

/** The headers that were decoded last: most messages are asked for several, one right after the other. */
let last: { readonly msg: MsgImpl; readonly text: string } | undefined

function headerText(msg: MsgImpl): string {
  if (last?.msg !== msg) {
    const { buffer, byteOffset } = msg._rdata
    last = { msg, text: Buffer.from(buffer, byteOffset, msg._msg.hdr).toString() }
  }
  return last.text
}
