import { MsgHdrsImpl } from "@nats-io/nats-core/internal"
import type { Headers } from "./conn.ts"

const LINE_BREAK = /[\r\n]/

/**
 * Headers for the official client, written as they are given. In the client's own each value is checked, split and joined again, which
 * takes more time than the rest of a small message.
 *
 * Throws a `TypeError` for a line break, which would begin another header.
 */
export class WrittenHeader extends MsgHdrsImpl {
  readonly #bytes: Uint8Array

  constructor(headers: Headers) {
    super()
    let text = "NATS/1.0\r\n"
    for (const name in headers) {
      const line = `${name}: ${headers[name]}`
      if (LINE_BREAK.test(line)) throw new TypeError(`the header ${JSON.stringify(name)} contains a line break`)
      text += `${line}\r\n`
    }
    this.#bytes = Buffer.from(`${text}\r\n`)
  }

  override encode(): Uint8Array {
    return this.#bytes
  }
}
