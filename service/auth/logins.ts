import { randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import type { KvWatchEntry } from "@nats-io/kv"
import type { Logger } from "res-service"
import type { Claims, Grants } from "../../contract/claims.ts"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { sha256 } from "../sha256.ts"

export const BUCKET = "logins"

const DAY_MS = 24 * 60 * 60 * 1000
/** How often expired logins are removed, in ms. */
const EXPIRY_INTERVAL_MS = 250
/** How often revocations and grants are dropped that concern expired tokens only, in ms. */
const FORGET_INTERVAL_MS = 60_000

/**
 * Most logins of a user at a time. Each connection has a login, which stays until its token expires. Without a limit, a user who
 * connects again and again would fill memory and disk.
 */
const MAX_PER_USER = 1000

/** How long the mark of an ended login is kept: longer than a service can be without NATS. */
const MARK_TTL = "1h"

/** A key that every process writes at its start, and from time to time. When the process sees it, it has seen all earlier writes. */
const STARTED_KEY = "started"
/**
 * How often it is checked that changes still come, and how long one may take, in ms. The nats-server that sends them may be gone while the
 * connection is to another one; the NATS client would notice after a minute.
 */
const CHECK_INTERVAL_MS = 5000
const SHOWN_MS = 2000

export interface LoginsOptions {
  /** How long tokens are valid after their issue at most, in days. Revocations and grants are remembered as long. */
  readonly maxTokenDays: number
  /** Most logins of a user. One more ends the login that was begun or renewed longest ago. Default 1,000. */
  readonly maxPerUser?: number
  /**
   * Called with the token IDs of logins that have ended, or whose rights have changed, when this process knows it. With several processes
   * it is called in each: whoever knows it last must tell gateways, since any process may be asked what a login may do.
   */
  readonly onChanged: (tids: readonly string[]) => void
  /** Called when tokens of a user were revoked, as `onChanged` is. */
  readonly onRevoked: () => void
  /** Whether this process ends logins that have expired; one of several does. */
  readonly expires: () => boolean
  readonly logger: Logger
}

/** A browser's login. */
export interface Login extends Claims {
  /** When the issuer stated the login's rights, in seconds since the epoch. A later token of the user may have stated them. */
  readonly granted_at: number
}

/** The rights that the issuer last stated for a user; `<user>.granted` holds them. */
interface Granted {
  readonly grants: Grants
  /** When the issuer stated them, in seconds since the epoch. */
  readonly at: number
}

/** `<user>.revoked` holds it. */
interface Revocation {
  /** Tokens issued before this time are not valid, in seconds since the epoch. */
  readonly before: number
}

/**
 * The logins of browsers, one token ID each, in a JetStream KV bucket: `<user>.<tid>` is a login, `<user>.revoked` the time from which the
 * user's tokens are valid, `<user>.granted` the user's newest known rights; `<user>` is a hash. The last two outlive the user's logins, as
 * long as an earlier token can be valid. Every process follows the bucket with a copy, so a restart ends no login, and a login that one
 * process ends is ended in all.
 *
 * Methods that write reject with `system.serviceUnavailable` when the write is not known to be stored.
 */
export class Logins {
  readonly #bucket: Bucket
  readonly #onChanged: (tids: readonly string[]) => void
  readonly #onRevoked: () => void
  readonly #expires: () => boolean
  readonly #logger: Logger
  readonly #logins = new Map<string, Login>()
  readonly #tidsByUser = new Map<string, Set<string>>()
  readonly #revokedBefore = new Map<string, number>()
  readonly #granted = new Map<string, Granted>()
  readonly #maxTokenMs: number
  readonly #maxPerUser: number
  /** Logins ended here whose marks have not come back from the bucket yet. */
  readonly #ended = new Set<string>()
  readonly #timers: NodeJS.Timeout[] = []
  /** It has seen what the bucket had at the start. */
  #knowsBucket = false
  /** The newest revision that it has seen. */
  #seen = 0
  #stopped = false
  #storing: Promise<void> | undefined
  #stopFollowing = (): void => {}

  constructor(js: JetStream, options: LoginsOptions) {
    const { maxTokenDays, maxPerUser = MAX_PER_USER, onChanged, onRevoked, expires, logger } = options
    this.#maxTokenMs = maxTokenDays * DAY_MS
    this.#bucket = new Bucket(js, BUCKET, { ttlMs: this.#maxTokenMs, expiringMarks: true })
    this.#maxPerUser = maxPerUser
    this.#onChanged = onChanged
    this.#onRevoked = onRevoked
    this.#expires = expires
    this.#logger = logger
  }

  /** Opens the bucket. Resolves when everything in it is known. */
  async start(): Promise<void> {
    await this.#bucket.open()
    await this.#follow()
    this.#bucket.onReplaced(() => {
      this.#stopFollowing()
      this.#storing = this.#storeAgain().catch((error: unknown) =>
        this.#logger.error({ err: error }, "stopped following the logins"),
      )
    })
    this.#timers.push(
      setInterval(() => this.#expire(), EXPIRY_INTERVAL_MS),
      setInterval(() => this.#forgetUsers(), FORGET_INTERVAL_MS),
      setInterval(() => void this.#checkFollowing(), CHECK_INTERVAL_MS),
    )
  }

  /** Resolves when a lost bucket has again what this process knows. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#storing
    this.#stopFollowing()
  }

  /** The login of a token ID; undefined when it has ended. */
  get(tid: string): Login | undefined {
    const login = this.#logins.get(tid)
    return login !== undefined && login.exp * 1000 > Date.now() ? login : undefined
  }

  /** Users with logins. */
  get users(): ReadonlySet<string> {
    return new Set([...this.#logins.values()].map(({ user }) => user))
  }

  /** True when a token was issued before its user's tokens were revoked. */
  isRevoked({ user, iat }: Claims): boolean {
    return iat < (this.#revokedBefore.get(sha256(user)) ?? 0)
  }

  /** The claims of a token, with newer rights of its user if they are known. */
  upToDate(claims: Claims): Login {
    const known = this.#granted.get(sha256(claims.user))
    if (known === undefined || known.at <= claims.iat) return { ...claims, granted_at: claims.iat }
    return granted(claims, known.grants, known.at)
  }

  /**
   * Begins a login, or renews the login `previousTid` with a newer token if it is the same user's. The rights of the newest token apply to
   * all logins of the user and are remembered after them. Beyond `maxPerUser` the oldest login ends. Resolves to the token ID.
   */
  async begin(claims: Claims, previousTid?: string): Promise<string> {
    const isSame = previousTid !== undefined && this.#logins.get(previousTid)?.user === claims.user
    const tid = isSame ? previousTid : randomBytes(16).toString("base64url")
    await this.#setGranted(claims.user, { grants: grantsIn(claims), at: claims.iat }, true)
    await this.#put(tid, this.upToDate(claims))
    await this.#end(
      this.#loginsOf(claims.user)
        .map((login) => login.tid)
        .slice(0, -this.#maxPerUser),
    )
    return tid
  }

  /** Ends a login. */
  async end(tid: string): Promise<void> {
    await this.#end([tid])
  }

  /** Ends a user's logins by tokens issued before a time, in seconds since the epoch, and makes such tokens invalid. */
  async revoke(user: string, before: number): Promise<void> {
    const key = sha256(user)
    const isNews = before > (this.#revokedBefore.get(key) ?? 0) && !this.#isOver(before)
    if (isNews) {
      this.#revokedBefore.set(key, before)
      this.#onRevoked()
      await this.#bucket.put(`${key}.revoked`, JSON.stringify({ before } satisfies Revocation))
    }
    await this.#end(this.#loginsOf(user).flatMap(({ tid, login }) => (login.iat < before ? [tid] : [])))
  }

  /** Sets a user's rights as of a time, in seconds since the epoch, unless newer ones are known. */
  async grant(user: string, grants: Grants, at: number): Promise<void> {
    await this.#setGranted(user, { grants, at }, false)
  }

  /** @param always also stores when only the time has changed, so that a restarted service can tell older tokens from newer ones */
  async #setGranted(user: string, news: Granted, always: boolean): Promise<void> {
    const key = sha256(user)
    const known = this.#granted.get(key)
    if (known !== undefined && known.at >= news.at) return
    this.#granted.set(key, news)
    const changed = this.#loginsOf(user).flatMap(({ tid, login }) => {
      const now = granted(login, news.grants, news.at)
      return isDeepStrictEqual({ ...now, granted_at: 0 }, { ...login, granted_at: 0 }) ? [] : [{ tid, now }]
    })
    for (const { tid, now } of changed) this.#remember(tid, now)
    if (changed.length > 0) this.#onChanged(changed.map(({ tid }) => tid))
    if (always || known === undefined || !isDeepStrictEqual(known.grants, news.grants))
      await this.#bucket.put(`${key}.granted`, JSON.stringify(news))
    for (const { tid, now } of changed) await this.#put(tid, now)
  }

  async #put(tid: string, login: Login): Promise<void> {
    await this.#bucket.put(`${sha256(login.user)}.${tid}`, JSON.stringify(login))
    this.#remember(tid, login)
  }

  // Ends them here at once, even if the bucket cannot be reached; entries that are left there expire.
  async #end(tids: readonly string[]): Promise<void> {
    const keys = tids.flatMap((tid) => {
      const login = this.#logins.get(tid)
      return login === undefined ? [] : [`${sha256(login.user)}.${tid}`]
    })
    for (const tid of tids) {
      if (this.#forget(tid)) this.#ended.add(tid)
    }
    if (keys.length > 0) this.#onChanged(tids)
    await Promise.all(keys.map((key) => this.#bucket.purge(key, { ttl: MARK_TTL })))
  }

  #expire(): void {
    if (!this.#expires()) return
    const expired = [...this.#logins.keys()].filter((tid) => this.get(tid) === undefined)
    this.#end(expired).catch((error: unknown) => this.#logger.warn({ err: error }, "could not delete expired logins"))
  }

  /** True when all tokens issued before a time have expired. */
  #isOver(at: number): boolean {
    return at * 1000 < Date.now() - this.#maxTokenMs
  }

  #forgetUsers(): void {
    for (const [key, { at }] of this.#granted) if (this.#isOver(at)) this.#granted.delete(key)
    for (const [key, before] of this.#revokedBefore) if (this.#isOver(before)) this.#revokedBefore.delete(key)
  }

  #loginsOf(user: string): { readonly tid: string; readonly login: Login }[] {
    const tids = [...(this.#tidsByUser.get(sha256(user)) ?? [])]
    return tids.flatMap((tid) => {
      const login = this.#logins.get(tid)
      return login === undefined ? [] : [{ tid, login }]
    })
  }

  #remember(tid: string, login: Login): void {
    const key = sha256(login.user)
    this.#logins.set(tid, login)
    const tids = this.#tidsByUser.get(key) ?? new Set()
    // The most recently begun or renewed login comes last.
    tids.delete(tid)
    this.#tidsByUser.set(key, tids.add(tid))
  }

  #forget(tid: string): boolean {
    const key = sha256(this.#logins.get(tid)?.user ?? "")
    const tids = this.#tidsByUser.get(key)
    tids?.delete(tid)
    if (tids?.size === 0) this.#tidsByUser.delete(key)
    return this.#logins.delete(tid)
  }

  /** After the bucket was lost: stores what this process knows, and follows the new bucket. */
  async #storeAgain(): Promise<void> {
    await this.#follow()
    for (const [key, before] of this.#revokedBefore)
      await this.#bucket.put(`${key}.revoked`, JSON.stringify({ before } satisfies Revocation))
    for (const [key, news] of this.#granted) await this.#bucket.put(`${key}.granted`, JSON.stringify(news))
    for (const [tid, login] of this.#logins)
      await this.#bucket.put(`${sha256(login.user)}.${tid}`, JSON.stringify(login))
  }

  async #follow(): Promise<void> {
    const entries = await this.#bucket.watch()
    this.#stopFollowing = () => entries.stop()
    if (this.#stopped) entries.stop()
    const mark = await this.#bucket.put(STARTED_KEY, "")
    await new Promise<void>((resolve, reject) => {
      const follow = async (): Promise<void> => {
        for await (const entry of entries) {
          this.#take(entry)
          this.#seen = entry.revision
          if (entry.revision < mark) continue
          this.#knowsBucket = true
          resolve()
        }
      }
      follow().catch((error: unknown) => {
        reject(error)
        this.#logger.error({ err: error }, "stopped following the logins")
      })
    })
  }

  async #checkFollowing(): Promise<void> {
    try {
      const mark = await this.#bucket.put(STARTED_KEY, "")
      await sleep(SHOWN_MS, undefined, { ref: false })
      if (this.#seen >= mark || this.#stopped) return
      this.#logger.warn({}, "the changes of logins do not come; asking for them again")
      this.#stopFollowing()
      await this.#follow()
    } catch (error) {
      this.#logger.debug({ err: error }, "could not check whether the changes of logins come")
    }
  }

  #take(entry: KvWatchEntry): void {
    const [key = "", id] = entry.key.split(".")
    if (id === undefined) return // a mark
    if (id === "revoked") {
      const { before } = entry.operation === "PUT" ? entry.json<Revocation>() : { before: 0 }
      if (before <= (this.#revokedBefore.get(key) ?? 0)) return
      this.#revokedBefore.set(key, before)
      if (this.#knowsBucket) this.#onRevoked()
    } else if (id === "granted") {
      if (entry.operation === "PUT") this.#learn(key, entry.json<Granted>())
    } else if (entry.operation !== "PUT") {
      if (this.#forget(id)) this.#onChanged([id])
      this.#ended.delete(id)
    } else if (!this.#ended.has(id)) {
      const login = entry.json<Login>()
      this.#learn(key, { grants: grantsIn(login), at: login.granted_at })
      const known = this.#logins.get(id)
      // An own write may come back after a newer own write.
      if (login.granted_at < (known?.granted_at ?? 0)) return
      // An own write that comes back is not the newest login again.
      if (isDeepStrictEqual(known, login)) return
      this.#remember(id, login)
      // A renewal may come back before it is known to be stored, or be another process's: it changes no rights.
      if (known !== undefined && !isDeepStrictEqual(grantsIn(known), grantsIn(login))) this.#onChanged([id])
    }
  }

  #learn(key: string, news: Granted): void {
    if (news.at > (this.#granted.get(key)?.at ?? 0)) this.#granted.set(key, news)
  }
}

/** Claims with other rights than their own. */
function granted(claims: Claims, grants: Grants, at: number): Login {
  const { role: _role, shops: _shops, shopper_id: _shopperId, ...rest } = claims
  return { ...rest, ...grantsIn(grants), granted_at: at }
}

/** The rights among claims. */
function grantsIn({ role, shops, shopper_id }: Grants): Grants {
  return {
    ...(role === undefined ? {} : { role }),
    shops,
    ...(shopper_id === undefined ? {} : { shopper_id }),
  }
}
