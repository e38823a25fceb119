// The service, as a list of parts. They start in this order and stop in reverse; each depends only on parts before it.
//
//   archive    MongoDB, if there is one                     log        the stream UPDATES: append, read, follow
//   index      where in the log a shopper's messages are    auth       who may do what, and the logins
//   shops      feeds, baskets, figures, annotations         sessions   shared carts and who is present
//   service    answers RES requests and sends events, behind a fence that opens only while the lease is held
//
// Several processes run this. What a part does, and where:
//
//   for each shard, by its owner      the log's tail, feeds, baskets, figures, annotations, sessions, presence
//   in every process                  publish, access, auth, health, archive status
//   once, by the owner of `ONCE`      erasures and their index, the expiry of logins, questions to the issuer
//
// A published event: `feed.publish` asks the guard, `log` appends it to JetStream, and the tail of its shard's owner reads it back. Each
// follower takes it in turn: `index` notes its shopper, `shops` applies it to the projections that somebody looks at, and `service` sends
// their changes. Then the publisher is answered. An erasure goes the other way: it asks each owner to erase.
import { clientAddresses, type Logger, ResError, Service, type ServiceObserver } from "res-service"
import type { Shards } from "res-service/sharding"
import { withoutSessionIds } from "../config/logged-sessions.ts"
import type { OwnPages } from "../config/own-pages.ts"
import { AnnotationBucket } from "./archive/annotation-bucket.ts"
import { Archive, type ArchiveOptions } from "./archive/archive.ts"
import { ArchivedHistory } from "./archive/archived-history.ts"
import { ArchivedShoppers } from "./archive/archived-shoppers.ts"
import { DeadLetters } from "./archive/dead-letters.ts"
import { archiveResource } from "./archive/status.ts"
import { type AuthOptions, noAuth, TokenAuth } from "./auth/auth.ts"
import { catalogueResource } from "./catalogue.ts"
import { healthResource } from "./health.ts"
import type { JetStream } from "./jetstream/jetstream.ts"
import { type CallLimitOptions, CallLimits, noCallLimits } from "./limits/call-limits.ts"
import { Log } from "./log/log.ts"
import { type Retention, STREAM } from "./log/stream.ts"
import type { Loaded } from "./metrics.ts"
import { PartList } from "./part-list.ts"
import { LiveSessions, type SessionOptions } from "./session/live-sessions.ts"
import { ONCE } from "./shards.ts"
import { Erasure } from "./shoppers/erasure.ts"
import { ShopperIndex } from "./shoppers/shopper-index.ts"
import { shoppersResource } from "./shoppers/shoppers-resource.ts"
import { History } from "./store/history.ts"
import { LiveShops } from "./store/live-shops.ts"
import { askShopOwners } from "./store/shop-owners.ts"

/**
 * Reply subjects that are answered: the inboxes of all logins. Everything else that the service may publish to is stored or has a
 * meaning.
 */
const INBOX = /^_INBOX(?:_[\w-]+)?\./

export interface ServiceOptions {
  /** How all streams and buckets are stored. Default: without replicas. */
  readonly storage?: { readonly replicas: number }
  readonly retention: Retention
  /** As the setting STRICT_EVENTS; default: false. */
  readonly strictEvents?: boolean | undefined
  readonly sessions: Omit<SessionOptions, "guard" | "readCurrency" | "shards" | "logger">
  /** Undefined: no archive. */
  readonly archive?: ArchiveOptions | undefined
  /** Undefined: no tokens; everyone may do everything. */
  readonly auth: Omit<AuthOptions, "logger" | "addresses" | "isOwner"> | undefined
  /** Without `auth`: the pages that gateways let in. Undefined: all pages. */
  readonly pages?: OwnPages | undefined
  /** Default: none. */
  readonly limits?: CallLimitOptions
  /** Addresses and networks of reverse proxies in front of the gateway, whose `X-Forwarded-For` tells a client's address. */
  readonly trustedProxies?: readonly string[]
  /** Is told of each request. Default: nobody is told. */
  readonly observer?: ServiceObserver | undefined
  readonly logger: Logger
}

/** Whether answers may be sent to a reply subject. */
export function isInbox(subject: string): boolean {
  return INBOX.test(subject)
}

/** A service that answers requests. */
export interface OpenService {
  /** Messages of other programs on the log that are not valid, since the service was opened. */
  readonly setAside: number
  /** What is in memory, and about how many bytes it takes as JSON. */
  readonly loaded: Loaded
  /** Takes no more requests, answers those it has, and stops following the log. Shards and connection stay open. */
  stop(): Promise<void>
  /** Stops everything at once: for a service that has lost its lease and can answer nobody. */
  abandon(): Promise<void>
}

/** Starts the parts of the service, which takes its shards then. Resolves when requests are answered. */
export async function openService(js: JetStream, shards: Shards, options: ServiceOptions): Promise<OpenService> {
  const { retention, strictEvents = false } = options
  const logger = withoutSessionIds(options.logger)
  const addresses = clientAddresses(options.trustedProxies ?? [])
  const limits = new CallLimits(options.limits ?? noCallLimits, addresses)
  const service = new Service(shards.conn, {
    logger,
    // Payloads hold personal data, so only subjects are traced.
    tracePayloads: false,
    admit: limits.admit,
    queueGroup: "shopwire",
    routing: shards,
    replyTo: isInbox,
    observer: options.observer,
  })

  const log = new Log(js, retention, logger)
  const index = new ShopperIndex(js, log, logger)
  const archive = options.archive && new Archive(options.archive, logger)
  const auth =
    options.auth === undefined
      ? noAuth(addresses, options.pages)
      : new TokenAuth(js, service, { ...options.auth, addresses, isOwner: () => shards.isServed(ONCE), logger })
  const guard = limits.hold(auth.guard)
  const archived = archive && new ArchivedHistory(archive, js, log)
  const history = new History(log, archived)
  const shops = new LiveShops(js, service, { guard, log, history, archive: archived, strictEvents, shards, logger })
  const sessions = new LiveSessions(js, service, {
    ...options.sessions,
    guard,
    readCurrency: (shopId) => shops.currencyOf(shopId),
    shards,
    logger,
  })
  const erasure = new Erasure(js, {
    log,
    index,
    shops: askShopOwners(shards),
    archive: archive && new ArchivedShoppers(archive, js),
    annotations: new AnnotationBucket(js),
    deadLetters: new DeadLetters(js),
  })

  log.follow(index, shops)
  service.add(
    ...shops.resources,
    ...sessions.resources,
    ...auth.resources,
    healthResource(guard, async () => {
      if (!shards.isAnswered) throw new ResError("system.serviceUnavailable")
      return { stream: STREAM, last_seq: await log.reader.endSeq() }
    }),
    archiveResource(guard, js),
    catalogueResource(guard),
    shoppersResource(guard, (shopperId) => erasure.erase(shopperId)),
  )
  const parts = new PartList([archive ?? {}, log, index, auth, shops, sessions, service], logger)
  await parts.start()
  const { resources, access } = service.ownership
  shards.start({
    acquire: (acquired) => parts.acquire(acquired),
    release: (released) => parts.release(released),
    unload: (roots) => parts.unload(roots),
    idle: (some) => service.idle(some),
    everything: { resources, access },
  })
  await Promise.race([shards.settled, shards.ended])
  return {
    stop: () => parts.stop(),
    abandon: () => parts.abandon(),
    get setAside() {
      return log.setAside
    },
    get loaded() {
      return { ...shops.loaded, ...sessions.loaded }
    },
  }
}
