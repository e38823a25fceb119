import type { AnyResource, ClientAddresses, Logger, Service } from "res-service"
import type { AuthConfig, AuthCookie } from "../../config/auth.ts"
import type { OwnPages } from "../../config/own-pages.ts"
import { auth } from "../../contract/shopwire.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { Part } from "../part-list.ts"
import { authResource } from "./auth-resource.ts"
import { type Guard, openGuard, TokenGuard } from "./guard.ts"
import { jwksVerifier } from "./jwks-verifier.ts"
import { Logins } from "./logins.ts"
import { openAuthResource } from "./open-auth-resource.ts"
import { DEFAULT_MAX_TOKEN_DAYS, RememberingVerifier, type TokenVerifier } from "./token-verifier.ts"

/** How often the issuer is asked about users who are logged in, in ms. */
const USER_STATE_INTERVAL_MS = 30_000
/** Most token IDs in one reset, which must fit into a NATS message. */
const MAX_RESET_TIDS = 1000

export interface AuthOptions {
  readonly verifier: TokenVerifier
  /** As the verifier's `maxDays`. Default 30. */
  readonly maxTokenDays?: number
  /** How often the issuer is asked about users who are logged in, in ms. Default 30 s. */
  readonly userStateIntervalMs?: number
  readonly cookie: AuthCookie | undefined
  readonly addresses: ClientAddresses
  /** Whether this process does what one of several does: ends expired logins, asks the issuer. */
  readonly isOwner: () => boolean
  readonly logger: Logger
}

/** Decides who may do what, and has the resource by which connections log in. */
export interface Auth extends Part {
  readonly guard: Guard
  readonly resources: readonly AnyResource[]
}

/** With `AUTH=none`. `pages`: the pages that gateways may admit; undefined admits all. */
export function noAuth(addresses: ClientAddresses, pages: OwnPages | undefined): Auth {
  return { guard: openGuard, resources: [openAuthResource(addresses, pages)] }
}

/** The verifier for the configured issuer; undefined with `AUTH=none`. */
export async function tokenVerifier(config: AuthConfig, maxTokenDays?: number): Promise<TokenVerifier | undefined> {
  switch (config.kind) {
    case "none":
      return undefined
    case "firebase": {
      // Firebase's library is large: nobody else waits for it to load.
      const { firebaseVerifier } = await import("./firebase-verifier.ts")
      return new RememberingVerifier(firebaseVerifier(config), maxTokenDays)
    }
    case "jwks":
      return new RememberingVerifier(jwksVerifier(config), maxTokenDays)
  }
}

/** Access by tokens: keeps the logins, and asks the issuer what their users may do now. */
export class TokenAuth implements Auth {
  readonly guard: TokenGuard
  readonly resources: readonly AnyResource[]
  readonly #verifier: TokenVerifier
  readonly #logins: Logins
  readonly #intervalMs: number
  readonly #isOwner: () => boolean
  readonly #logger: Logger
  #asking: NodeJS.Timeout | undefined

  constructor(js: JetStream, service: Service, options: AuthOptions) {
    const { verifier, maxTokenDays = DEFAULT_MAX_TOKEN_DAYS, cookie, addresses, isOwner, logger } = options
    this.#verifier = verifier
    this.#intervalMs = options.userStateIntervalMs ?? USER_STATE_INTERVAL_MS
    this.#isOwner = isOwner
    this.#logger = logger
    this.#logins = new Logins(js, {
      maxTokenDays,
      expires: isOwner,
      logger,
      onChanged: (tids) => {
        for (let i = 0; i < tids.length; i += MAX_RESET_TIDS) {
          service.tokenReset(tids.slice(i, i + MAX_RESET_TIDS), `auth.${auth.name({})}.renew`)
        }
      },
      // An edge's streams may use a token without a login, which a token reset does not reach.
      onRevoked: () => service.reset({ access: [auth.name({})] }),
    })
    this.guard = new TokenGuard(verifier, this.#logins)
    this.resources = [authResource({ guard: this.guard, logins: this.#logins, cookie, addresses })]
  }

  async start(): Promise<void> {
    await this.#logins.start()
    this.#asking = setInterval(() => {
      if (this.#isOwner()) void askIssuer(this.#verifier, this.#logins, this.#logger)
    }, this.#intervalMs)
  }

  async stop(): Promise<void> {
    clearInterval(this.#asking)
    await this.#logins.stop()
  }
}

/** Asks the issuer about each user who is logged in, and ends or changes logins that now have fewer rights. */
export async function askIssuer(verifier: TokenVerifier, logins: Logins, logger: Logger): Promise<void> {
  for (const user of verifier.userState === undefined ? [] : logins.users) {
    try {
      const askedAt = Date.now() / 1000
      const state = await verifier.userState?.(user)
      if (state === undefined) continue
      await logins.revoke(user, state.validSince)
      await logins.grant(user, state.grants, askedAt)
    } catch (error) {
      logger.warn({ err: error }, "the issuer of tokens could not be asked about a user")
    }
  }
}
