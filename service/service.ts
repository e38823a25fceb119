// The service, as a list of parts. They start in this order and stop in reverse; each depends only on parts before it.
//
//   archive    MongoDB, if there is one                     log        the stream UPDATES: append, read, follow
//   index      where in the log a shopper's messages are    auth       who may do what, and the logins
//   shops      feeds, baskets, figures, annotations         sessions   shared carts and who is present
//   service    answers RES requests and sends events, behind a fence that opens only while the lease is held
//
// A published event: `feed.publish` asks the guard, `log` appends it to JetStream, and the log's tail reads it back. Each follower
// takes it in turn: `index` notes its shopper, `shops` applies it to the projections that somebody looks at, and `service` sends their
// changes. Then the publisher is answered. An erasure goes the other way: it asks each owner to erase.
import type { NatsConnection } from "nats"
import { clientAddresses, type Logger, natsConn, type Owned, Service } from "res-service"
import { withoutSessionIds } from "../config/logged-sessions.ts"
import type { OwnPages } from "../config/own-pages.ts"
import { AnnotationBucket } from "./archive/annotation-bucket.ts"
import { Archive, type ArchiveOptions } from "./archive/archive.ts"
import { ArchivedHistory } from "./archive/archived-history.ts"
import { ArchivedShoppers } from "./archive/archived-shoppers.ts"
import { DeadLetters } from "./archive/dead-letters.ts"
import { archiveResource } from "./archive/status.ts"
import { type AuthOptions, noAuth, TokenAuth } from "./auth/auth.ts"
import { healthResource } from "./health.ts"
import { JetStream } from "./jetstream/jetstream.ts"
import { FencedConn } from "./lease/fenced-conn.ts"
import type { Lease } from "./lease/lease.ts"
import { type CallLimitOptions, CallLimits, noCallLimits } from "./limits/call-limits.ts"
import { Log } from "./log/log.ts"
import { type Retention, STREAM } from "./log/stream.ts"
import { PartList } from "./part-list.ts"
import { LiveSessions, type SessionOptions } from "./session/live-sessions.ts"
import { Erasure } from "./shoppers/erasure.ts"
import { ShopperIndex } from "./shoppers/shopper-index.ts"
import { shoppersResource } from "./shoppers/shoppers-resource.ts"
import { History } from "./store/history.ts"
import { LiveShops } from "./store/live-shops.ts"

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
  readonly sessions: Omit<SessionOptions, "guard" | "isActive" | "logger">
  /** Undefined: no archive. */
  readonly archive?: ArchiveOptions | undefined
  /** Undefined: no tokens; everyone may do everything. */
  readonly auth: Omit<AuthOptions, "logger" | "addresses"> | undefined
  /** Without `auth`: the pages that gateways let in. Undefined: all pages. */
  readonly pages?: OwnPages | undefined
  /** Default: none. */
  readonly limits?: CallLimitOptions
  /** Addresses and networks of reverse proxies in front of the gateway, whose `X-Forwarded-For` tells a client's address. */
  readonly trustedProxies?: readonly string[]
  readonly logger: Logger
}

/** A service that answers requests. */
export interface OpenService {
  /** Messages of other programs on the log that are not valid, since the service was opened. */
  readonly setAside: number
  /** The patterns of all its resources, as a reset of everything names them. */
  readonly ownership: Required<Owned>
  /** Takes no more requests, answers those it has, and stops following the log. Lease and connection stay open. */
  stop(): Promise<void>
  /** Stops everything at once, and waits for nothing: for a service that has lost the lease and can answer nobody. */
  abandon(): void
}

/** Starts the parts of the service, which serves while the lease is held. Resolves when requests are answered. */
export async function openService(nc: NatsConnection, lease: Lease, options: ServiceOptions): Promise<OpenService> {
  const { retention, strictEvents = false } = options
  const logger = withoutSessionIds(options.logger)
  const isActive = (): boolean => lease.held
  const js = new JetStream(nc, { ...options.storage, logger })
  const addresses = clientAddresses(options.trustedProxies ?? [])
  const limits = new CallLimits(options.limits ?? noCallLimits, addresses)
  const service = new Service(new FencedConn(natsConn(nc), lease, logger), {
    logger,
    // Payloads hold personal data, so only subjects are traced.
    tracePayloads: false,
    admit: limits.admit,
    // One group for each term. A stopped or cut-off service that does not know yet that it has lost the lease would get a part of the
    // requests of a common group.
    queueGroup: `shopwire-${lease.term}`,
    replyTo: (subject) => INBOX.test(subject),
  })

  const log = new Log(js, retention, logger)
  const index = new ShopperIndex(js, log, logger)
  const archive = options.archive && new Archive(options.archive, logger)
  const auth =
    options.auth === undefined
      ? noAuth(addresses, options.pages)
      : new TokenAuth(js, service, { ...options.auth, addresses, logger })
  const guard = limits.hold(auth.guard)
  const history = new History(log, archive && new ArchivedHistory(archive, js, log))
  const shops = new LiveShops(js, service, { guard, log, history, strictEvents, isActive, logger })
  const sessions = new LiveSessions(js, service, { ...options.sessions, guard, isActive, logger })
  const erasure = new Erasure(js, {
    log,
    index,
    shops,
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
      await js.info(STREAM)
      return { stream: STREAM, last_seq: log.position }
    }),
    archiveResource(guard, js),
    shoppersResource(guard, (shopperId) => erasure.erase(shopperId)),
  )
  const parts = new PartList([archive ?? {}, log, index, auth, shops, sessions, service], logger)
  await parts.start()
  return {
    ownership: service.ownership,
    stop: () => parts.stop(),
    abandon: () => parts.abandon(),
    get setAside() {
      return log.setAside
    },
  }
}
