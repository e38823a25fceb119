import { deepStrictEqual } from "node:assert/strict"
import type { Conn, Msg, Subscription } from "../conn.ts"
import type { ErrorObject } from "../errors.ts"
import type { AnyResource } from "../service/resource.ts"
import { Service, type ServiceOptions } from "../service/service.ts"
import { MemoryBroker } from "./memory-broker.ts"

/** How long to wait for an answer or an event, in ms: so long that only a fault lets it pass, on a busy machine, too. */
const TIMEOUT_MS = 60_000

/** A message that the service sent and that is not an answer: an event, a reset, a token. */
export interface Sent {
  readonly subject: string
  /** Parsed; undefined for an empty payload. */
  readonly payload: unknown
}

/** An answer, as it appears in RES. */
export interface Answer {
  readonly result?: unknown
  readonly resource?: { readonly rid: string }
  readonly error?: ErrorObject
  readonly meta?: unknown
}

/** The outcome of a request. */
export interface Exchange {
  readonly answer: Answer
  /** The messages sent before the answer, in order, without those that were already taken. */
  readonly sent: readonly Sent[]
  /** The timeout in ms of the last pre-response; undefined if there was none. */
  readonly extendedTo: number | undefined
}

/** Fields of a request. Default: those of a client without a token. */
export interface RequestFields {
  readonly query?: string
  readonly cid?: string
  readonly token?: unknown
  readonly isHttp?: boolean
  readonly header?: { readonly [name: string]: readonly string[] }
  readonly remoteAddr?: string
}

/** The options of the service under test, and its connection. */
export interface ServiceKitOptions extends ServiceOptions {
  /**
   * Makes a new connection. Called twice, for the service and for the test. Default: connections of a `MemoryBroker`. With
   * `natsConn` the same test runs against a real nats-server.
   */
  readonly connect?: () => Conn | Promise<Conn>
}

/**
 * Runs a service in tests, sends it requests, and records all messages that it sends, in order.
 *
 * @example
 * const kit = await ServiceKit.start([book])
 * const { answer, sent } = await kit.call("library.book.42", "lend", { to: "Ann" })
 * expect(sent).to.deep.equal([{ subject: "event.library.book.42.change", payload: { values: { lentTo: "Ann" } } }])
 * expect(answer).to.deep.equal({ result: null })
 * await kit.nothingMore()
 */
export class ServiceKit {
  readonly service: Service
  readonly #serviceConn: Conn
  readonly #conn: Conn
  readonly #subscriptions: Subscription[]
  #sent: Sent[] = []
  #onSent: () => void = () => {}

  private constructor(service: Service, serviceConn: Conn, conn: Conn) {
    this.service = service
    this.#serviceConn = serviceConn
    this.#conn = conn
    const record = (msg: Msg): void => {
      this.#sent.push({ subject: msg.subject, payload: parse(msg) })
      this.#onSent()
    }
    this.#subscriptions = ["event.>", "system.>", "conn.>"].map((subject) => conn.subscribe(subject, record))
  }

  /** Starts a service with these resources. The messages that it sends at its start are recorded too; `rest` returns them. */
  static async start(resources: readonly AnyResource[], options: ServiceKitOptions = {}): Promise<ServiceKit> {
    const broker = new MemoryBroker()
    const connect = options.connect ?? (() => broker.connect())
    const serviceConn = await connect()
    const conn = await connect()
    const kit = new ServiceKit(new Service(serviceConn, options).add(...resources), serviceConn, conn)
    await conn.flush()
    await kit.service.start()
    return kit
  }

  access(rid: string, fields: RequestFields = {}): Promise<Exchange> {
    return this.request(`access.${rid}`, { cid: "test", token: null, ...fields })
  }

  get(rid: string, query?: string): Promise<Exchange> {
    return this.request(`get.${rid}`, query === undefined ? {} : { query })
  }

  call(rid: string, method: string, params?: unknown, fields: RequestFields = {}): Promise<Exchange> {
    return this.request(`call.${rid}.${method}`, { cid: "test", token: null, params, ...fields })
  }

  auth(rid: string, method: string, params?: unknown, fields: RequestFields = {}): Promise<Exchange> {
    return this.request(`auth.${rid}.${method}`, { cid: "test", token: null, params, ...fields })
  }

  /** Sends the query request that a gateway would send after a query event, for one query. */
  query(event: Sent | undefined, query: string): Promise<Exchange> {
    const { subject } = (event?.payload ?? {}) as { subject?: unknown }
    if (typeof subject !== "string") return Promise.reject(new TypeError("this is not a query event"))
    return this.request(subject, { query })
  }

  /** Sends any request. `payload` is sent as JSON, but a string as it is. Rejects if no answer comes. */
  request(subject: string, payload: unknown): Promise<Exchange> {
    const inbox = this.#conn.newInbox()
    return new Promise((resolve, reject) => {
      let extendedTo: number | undefined
      const end = (): void => {
        clearTimeout(timer)
        subscription.unsubscribe()
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`no answer to ${subject}`))
      }, TIMEOUT_MS)
      const subscription = this.#conn.subscribe(inbox, (msg) => {
        const preResponse = /^timeout:"(\d+)"$/.exec(new TextDecoder().decode(msg.data))
        if (preResponse !== null) {
          extendedTo = Number(preResponse[1])
          return
        }
        end()
        const answer = msg.noResponders ? { error: { code: "no responders", message: "" } } : (parse(msg) as Answer)
        resolve({ answer, sent: this.#take(), extendedTo })
      })
      this.#conn.publish(subject, typeof payload === "string" ? payload : JSON.stringify(payload), inbox)
    })
  }

  /** Waits for `count` messages that the service sends on its own, and takes them. Rejects if they do not come. */
  async next(count = 1): Promise<readonly Sent[]> {
    const end = Date.now() + TIMEOUT_MS
    while (this.#sent.length < count) {
      const arrived = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), end - Date.now())
        this.#onSent = () => {
          clearTimeout(timer)
          resolve(true)
        }
      })
      if (!arrived) throw new Error(`expected ${count} to be sent, but got ${JSON.stringify(this.#sent)}`)
    }
    return this.#sent.splice(0, count)
  }

  /** Takes all messages that were sent and not taken yet. */
  async rest(): Promise<readonly Sent[]> {
    await this.#serviceConn.flush()
    await this.#conn.flush()
    return this.#take()
  }

  /** Rejects with an `AssertionError` if there are messages that were not taken yet. */
  async nothingMore(): Promise<void> {
    deepStrictEqual(await this.rest(), [], "the service sent more than expected")
  }

  /** Stops the service. It does not close the connections that `connect` made. */
  async stop(): Promise<void> {
    await this.service.stop()
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #take(): readonly Sent[] {
    const sent = this.#sent
    this.#sent = []
    return sent
  }
}

function parse(msg: Msg): unknown {
  return msg.data.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(msg.data))
}
