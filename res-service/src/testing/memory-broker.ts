import type { Conn, ConnStatus, Headers, Msg, Subscription } from "../conn.ts"

const MAX_PAYLOAD_BYTES = 1024 * 1024

interface Listener {
  readonly client: MemoryConn
  readonly subject: string
  readonly queue: string | undefined
  readonly handler: (msg: Msg) => void
}

/**
 * A messaging system in memory, for tests: subjects with wildcards, queue groups, no-responders notices, and outages on demand.
 * Messages are delivered asynchronously, in the order in which they were sent.
 */
export class MemoryBroker {
  readonly #listeners = new Set<Listener>()
  readonly #conns: MemoryConn[] = []
  #arrivals: Promise<void> = Promise.resolve()
  #turn = 0

  connect(): Conn {
    const conn = new MemoryConn(this, `_INBOX.${this.#conns.length}`)
    this.#conns.push(conn)
    return conn
  }

  /** Disconnects all connections: until `reconnect` nothing is delivered, and messages that are sent are lost. */
  disconnect(): void {
    for (const conn of this.#conns) conn.setStatus("disconnected")
  }

  reconnect(): void {
    for (const conn of this.#conns) conn.setStatus("connected")
  }

  /** @internal */
  add(listener: Listener): void {
    this.#listeners.add(listener)
  }

  /** @internal */
  remove(listener: Listener): void {
    this.#listeners.delete(listener)
  }

  /** @internal */
  send(subject: string, payload: string | Uint8Array, reply?: string, headers?: Headers): void {
    const data = typeof payload === "string" ? new TextEncoder().encode(payload) : payload
    this.#later(() => {
      const receivers = this.#receivers(subject)
      const header = (name: string): string | undefined => headers?.[name]
      for (const { handler } of receivers)
        handler({ subject, data, reply, header, headers: () => headers, noResponders: false })
      if (receivers.length === 0 && reply !== undefined) this.#notifyNoResponders(reply)
    })
  }

  /** @internal Resolves when everything sent so far has arrived. */
  async settled(): Promise<void> {
    await this.#arrivals
  }

  #notifyNoResponders(reply: string): void {
    for (const { handler } of this.#receivers(reply)) {
      handler({ subject: reply, data: new Uint8Array(), reply: undefined, noResponders: true })
    }
  }

  // Each message in a task of its own, as over a socket.
  #later(deliver: () => void): void {
    this.#arrivals = this.#arrivals.then(deliver)
  }

  #receivers(subject: string): Listener[] {
    const matching = [...this.#listeners].filter((s) => s.client.connected && matches(s.subject, subject))
    const groups = new Map<string, Listener[]>()
    const all: Listener[] = []
    for (const listener of matching) {
      if (listener.queue === undefined) all.push(listener)
      else {
        const group = `${listener.queue} ${listener.subject}`
        groups.set(group, [...(groups.get(group) ?? []), listener])
      }
    }
    const chosen = [...groups.values()].map((members) => members[this.#turn++ % members.length])
    return [...all, ...chosen.filter((member) => member !== undefined)]
  }
}

class MemoryConn implements Conn {
  readonly maxPayloadBytes = MAX_PAYLOAD_BYTES
  readonly #broker: MemoryBroker
  readonly #inboxPrefix: string
  readonly #listeners = new Set<(status: ConnStatus) => void>()
  #inboxes = 0
  connected = true

  constructor(broker: MemoryBroker, inboxPrefix: string) {
    this.#broker = broker
    this.#inboxPrefix = inboxPrefix
  }

  publish(subject: string, payload: string | Uint8Array, reply?: string, headers?: Headers): void {
    if (this.connected) this.#broker.send(subject, payload, reply, headers)
  }

  subscribe(subject: string, handler: (msg: Msg) => void, queue?: string): Subscription {
    const listener = { client: this, subject, handler, queue }
    this.#broker.add(listener)
    return { unsubscribe: () => this.#broker.remove(listener) }
  }

  flush(): Promise<void> {
    return this.#broker.settled()
  }

  newInbox(): string {
    return `${this.#inboxPrefix}.${++this.#inboxes}`
  }

  onStatus(listener: (status: ConnStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  setStatus(status: "connected" | "disconnected"): void {
    this.connected = status === "connected"
    for (const listener of [...this.#listeners]) listener(status)
  }
}

/** True when a subject matches one with wildcards. */
function matches(pattern: string, subject: string): boolean {
  const parts = subject.split(".")
  const expected = pattern.split(".")
  if (expected.at(-1) === ">") {
    return (
      parts.length >= expected.length && expected.slice(0, -1).every((part, i) => part === "*" || part === parts[i])
    )
  }
  return parts.length === expected.length && expected.every((part, i) => part === "*" || part === parts[i])
}
