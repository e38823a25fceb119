import type { NatsConnection } from "nats"
import {
  clientAddresses,
  dataValue,
  deleteAction,
  type Logger,
  natsConn,
  type Owned,
  ResError,
  Service,
} from "res-service"
import { withoutSessionIds } from "../config/logged-sessions.ts"
import type { OwnPages } from "../config/own-pages.ts"
import type { Annotated } from "./archive/annotation-bucket.ts"
import { Archive, type ArchiveOptions } from "./archive/archive.ts"
import { ArchivedHistory } from "./archive/archived-history.ts"
import { ArchivedShoppers } from "./archive/archived-shoppers.ts"
import { DeadLetters } from "./archive/dead-letters.ts"
import type { Annotations } from "./archive/event-document.ts"
import { eventId, logId } from "./archive/log-id.ts"
import { archiveStatus } from "./archive/status.ts"
import { type AuthOptions, noAuth, openAuth } from "./auth/open-auth.ts"
import { health } from "./health.ts"
import { JetStream } from "./jetstream/jetstream.ts"
import { FencedConn } from "./lease/fenced-conn.ts"
import type { Lease } from "./lease/lease.ts"
import { type CallLimitOptions, CallLimits, noCallLimits } from "./limits/call-limits.ts"
import { LogAppender } from "./log/appender.ts"
import { exampleOf, readRecord, SET_ASIDE } from "./log/entry.ts"
import { openIdempotencySecret } from "./log/idempotency-secret.ts"
import { LogReader } from "./log/reader.ts"
import { type Retention, STREAM } from "./log/stream.ts"
import { LogTail } from "./log/tail.ts"
import { openSessions, type SessionOptions } from "./session/open-sessions.ts"
import { Erasure } from "./shoppers/erasure.ts"
import { ShopperIndex } from "./shoppers/shopper-index.ts"
import { shoppers } from "./shoppers/shoppers-resource.ts"
import { ShownAnnotations } from "./store/annotations.ts"
import { event } from "./store/event.ts"
import { feed } from "./store/feed.ts"
import { Feeds } from "./store/feeds.ts"
import { History } from "./store/history.ts"
import { openShops } from "./store/open-shops.ts"
import { SummedLog } from "./summed-log.ts"

/** A shop without a `get` for this long is asked whether anybody still watches it. */
const IDLE_MS = 15 * 60 * 1000
/** How long gateways get for their answer. */
const GRACE_MS = 60 * 1000
const SWEEP_INTERVAL_MS = 10 * 1000

/** Longer than gateways wait for the answer to a get, which is 3 s. */
const RESET_REPEAT_MS = 4000

/** Time for what is stored to be followed, in ms. */
const REACHED_TIMEOUT_MS = 3000

/** Where answers go: an inbox, of any login. Everything else that the service may publish to means something, or is stored. */
const INBOX = /^_INBOX(?:_[\w-]+)?\./

export interface ServiceOptions {
  readonly retention: Retention
  /** As the setting STRICT_EVENTS; default: false. */
  readonly strictEvents?: boolean | undefined
  readonly sessions: Omit<SessionOptions, "guard" | "isActive" | "logger">
  /** Undefined: there is none. */
  readonly archive?: ArchiveOptions | undefined
  /** Undefined: everybody may do everything. */
  readonly auth: Omit<AuthOptions, "logger" | "addresses"> | undefined
  /** Without `auth`: the pages that gateways are to let in; undefined: all. */
  readonly pages?: OwnPages | undefined
  /** Default: none. */
  readonly limits?: CallLimitOptions
  /** Addresses and networks of reverse proxies in front of the gateway, whose `X-Forwarded-For` tells a client's address. */
  readonly trustedProxies?: readonly string[]
  readonly logger: Logger
}

/** A service that answers. */
export interface OpenService {
  /** Messages that others put on the log and that are no valid events, since the service was opened. */
  readonly setAside: number
  /** What it answers for, as a reset of everything names it. */
  readonly ownership: Required<Owned>
  /** Takes no more requests, answers those it has, and stops following the log. Lease and connection stay as they are. */
  stop(): Promise<void>
  /** Stops everything at once, and waits for nothing: for a service that has lost the lease and can answer nobody. */
  abandon(): void
}

/** Opens the log and serves the resources made from it while the lease is held. Resolves when requests are answered. */
export async function openService(nc: NatsConnection, lease: Lease, options: ServiceOptions): Promise<OpenService> {
  const { logger } = options
  const stops: Stop[] = []
  // One that fails must not keep the others' timers running.
  const attempt = async (each: Stop): Promise<void> => {
    try {
      await each()
    } catch (error) {
      logger.warn({ err: error }, "a part of the service could not be stopped")
    }
  }
  const takeStops = (): Stop[] => stops.splice(0).reverse()
  const stop = async (): Promise<void> => {
    for (const each of takeStops()) await attempt(each)
  }
  const abandon = (): void => {
    for (const each of takeStops()) void attempt(each)
  }
  try {
    const parts = await openParts(nc, lease, options, (each) => stops.push(each))
    return Object.assign(parts, { stop, abandon })
  } catch (error) {
    await stop()
    throw error
  }
}

type Stop = () => Promise<void> | void

/** @param onStop takes how to stop what was opened; what was opened last is stopped first */
async function openParts(
  nc: NatsConnection,
  lease: Lease,
  options: ServiceOptions,
  onStop: (stop: Stop) => void,
): Promise<Omit<OpenService, "stop" | "abandon">> {
  const { retention } = options
  const logger = withoutSessionIds(options.logger)
  const js = new JetStream(nc)
  const conn = new FencedConn(natsConn(nc), lease, logger)
  const addresses = clientAddresses(options.trustedProxies ?? [])
  const limits = new CallLimits(options.limits ?? noCallLimits, addresses)
  const service = new Service(conn, {
    logger,
    // Payloads hold personal data, so only subjects are traced.
    tracePayloads: false,
    admit: limits.admit,
    // Of this term only: in a group with a service that has lost its lease and does not know it yet, which may be stopped or cut
    // off, each would get a part of the requests. This way the active one gets all of them.
    queueGroup: `shopwire-${lease.term}`,
    replyTo: (subject) => INBOX.test(subject),
  })
  const reader = new LogReader(js)
  let setAside = 0
  const setAsideLog = new SummedLog(logger, "warn", SET_ASIDE)
  onStop(() => setAsideLog.stop())

  const feeds = new Feeds(
    (shopId, count) => reader.newest(shopId, count),
    (shop_id, task) => service.with(feedResource, { shop_id }, task),
    logger,
  )
  const repeats = new Set<NodeJS.Timeout>()
  onStop(() => {
    for (const repeat of repeats) clearTimeout(repeat)
  })
  /**
   * Makes gateways fetch resources again, now and once more when no get can be under way any longer. A gateway ignores a reset
   * while the get for an earlier one is under way, and that may have been answered from what is void now.
   */
  const resetTwice = (resources: readonly string[]): void => {
    service.reset({ resources })
    const repeat = setTimeout(() => {
      repeats.delete(repeat)
      service.reset({ resources })
    }, RESET_REPEAT_MS)
    repeats.add(repeat)
  }
  const tail = new LogTail(
    js,
    retention,
    {
      onMessage: (message) => {
        const record = readRecord(message)
        if ("event" in record) index.add(message, record.event.shopper_id)
        else if ("reason" in record) index.add(message)
        if ("reason" in record) {
          setAside++
          setAsideLog.add(record.reason, exampleOf(message))
          return
        }
        if ("event" in record) feeds.add(record)
        opened.shops.add(record)
      },
      onLost: () => {
        feeds.clear()
        opened.shops.clear()
        resetTwice(["store.>"])
        beginIndex().catch((error: unknown) => logger.warn({ err: error }, "the index of shoppers cannot be read"))
      },
    },
    logger,
  )
  const index = new ShopperIndex(js, reader, logger)
  onStop(() => index.stop())
  const beginIndex = (): Promise<void> => index.begin(logId(tail.created).key, tail.position)
  const archive = options.archive === undefined ? undefined : new Archive(options.archive, logger)
  onStop(() => archive?.close())
  const auth =
    options.auth === undefined
      ? noAuth(addresses, options.pages)
      : await openAuth(js, service, { ...options.auth, addresses, logger })
  onStop(() => auth.stop())
  const guard = limits.hold(auth.guard)
  const appender = new LogAppender(js, await openIdempotencySecret(js))
  const archived = archive && new ArchivedHistory(archive, js, () => logId(tail.created))
  const history = new History(reader, tail, archived)
  const feedResource = feed({
    guard,
    feeds,
    history,
    appender,
    strictEvents: options.strictEvents ?? false,
    // Who publishes and then looks must see it: the answer waits until what shows it has left, on the same connection.
    shown: async (shopId, seq, timeoutMs) => {
      if ((feeds.has(shopId) || opened.shops.has(shopId)) && (await tail.reached(seq, timeoutMs)))
        await service.with(feedResource, { shop_id: shopId }, () => {})
    },
  })

  const eventResource = event({
    guard,
    history,
    annotationsOf: (shop_id, seq) =>
      annotations.of({ kind: "event", shop_id, seq, _id: eventId(logId(tail.created), seq) }),
  })

  const opened = await openShops(js, service, {
    guard,
    reader,
    appender,
    log: () => tail.created,
    reached: (seq, timeoutMs) => tail.reached(seq, timeoutMs),
    annotationsOf: (shop_id, session_id) => annotations.of({ kind: "basket", shop_id, session_id }),
    isActive: () => lease.held,
    logger,
  })
  onStop(() => opened.stop())
  await tail.start()
  onStop(() => tail.stop())
  await beginIndex()
  const sessions = await openSessions(js, service, {
    ...options.sessions,
    guard,
    isActive: () => lease.held,
    logger,
  })
  onStop(() => sessions.stop())
  const erasure = new Erasure(js, {
    reader,
    index,
    archive: archive === undefined ? undefined : new ArchivedShoppers(archive, js),
    annotations: { erase: (annotated) => annotations.erase(annotated) },
    deadLetters: new DeadLetters(js),
    eventId: (seq) => eventId(logId(tail.created), seq),
    reached: async (seq) => {
      if (!(await tail.reached(seq, REACHED_TIMEOUT_MS))) throw new ResError("system.serviceUnavailable")
    },
    show: async (shop_id, seqs) => {
      await service.with(feedResource, { shop_id }, (events) => {
        feeds.drop(shop_id)
        if (seqs.length > 0) events.event("erased", { seqs })
        service.reset({ resources: [feedResource.pattern.name({ shop_id }), `store.${shop_id}.event.*`] })
      })
      return await opened.erase(shop_id)
    },
  })
  service.add(
    feedResource,
    eventResource,
    health(guard, async () => {
      await js.info(STREAM)
      return { stream: STREAM, last_seq: tail.position }
    }),
    archiveStatus(guard, js),
    shoppers(guard, (shopperId) => erasure.erase(shopperId)),
  )
  service.add(...opened.resources, ...sessions.resources, ...auth.resources)
  const tellAnnotations = async (annotated: Annotated, changed: Annotations | undefined): Promise<void> => {
    const { shop_id } = annotated
    if (annotated.kind === "basket") return await opened.tellAnnotations(shop_id, annotated.session_id, changed)
    // An event of another log has another document, though perhaps the same sequence.
    if (annotated._id !== eventId(logId(tail.created), annotated.seq)) return
    const value = changed === undefined ? deleteAction : dataValue(changed)
    const parts = { shop_id, seq: String(annotated.seq) }
    await service.with(eventResource, parts, (events) => events.change({ annotations: value }))
  }
  const annotations: ShownAnnotations = new ShownAnnotations(
    js,
    {
      onChange: (annotated, changed) => {
        tellAnnotations(annotated, changed).catch((error: unknown) =>
          logger.error({ err: error, shopId: annotated.shop_id }, "an annotation could not be shown"),
        )
      },
      onLost: () => resetTwice(["store.*.event.>", "store.*.basket.>"]),
    },
    logger,
  )
  await annotations.start()
  onStop(() => annotations.stop())
  await service.start()
  onStop(() => service.stop())

  const sweeping = setInterval(() => {
    const times = { idleMs: IDLE_MS, graceMs: GRACE_MS }
    const idle = [
      ...feeds.sweep(Date.now(), times).map((shop_id) => feedResource.pattern.name({ shop_id })),
      ...opened.shops.sweep(Date.now(), times).flatMap((shopId) => opened.names(shopId)),
    ]
    if (idle.length > 0) service.reset({ resources: idle })
  }, SWEEP_INTERVAL_MS)
  onStop(() => clearInterval(sweeping))

  return {
    ownership: service.ownership,
    get setAside() {
      return setAside
    },
  }
}
