import { NatsConnectionImpl, setTransportFactory } from "@nats-io/nats-core/internal"
import type { NatsConnection, NodeConnectionOptions } from "nats"
import { NodeTransport, nodeResolveHost } from "nats/lib/node_transport.js"

/**
 * Connects as `connect` of the official client does, but the connection writes to its socket once for each turn of the event loop. That
 * client writes once for each step of a promise, and each write costs both sides more than a message does: a busy service and its
 * nats-server need about half the CPU this way.
 *
 * Source: nats.js 3.4, `ProtocolHandler.sendCommand`, `NodeTransport.send`.
 */
export async function connectOncePerTurn(options: NodeConnectionOptions): Promise<NatsConnection> {
  // Each `connect` of the official client sets its own one again. A reconnect after that writes more often, and works as well.
  setTransportFactory({ factory: () => new TurnTransport(), dnsResolveFn: nodeResolveHost })
  return await NatsConnectionImpl.connect(options)
}

class TurnTransport extends NodeTransport {
  #frames: Uint8Array[] = []

  override send(frame: Uint8Array): void {
    if (this.#frames.length === 0) setImmediate(() => this.#flush())
    this.#frames.push(frame)
  }

  // The socket is destroyed then, and with it what waits.
  override async close(error?: Error): Promise<void> {
    this.#flush()
    await super.close(error)
  }

  // The socket would keep account of each frame, which takes more time than to copy all of them into one.
  #flush(): void {
    const frames = this.#frames
    this.#frames = []
    const [first] = frames
    if (first !== undefined) super.send(frames.length === 1 ? first : Buffer.concat(frames))
  }
}
