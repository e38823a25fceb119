import type { AnyResource, ClientAddresses, Logger, Service } from "res-service"
import type { AuthConfig, AuthCookie } from "../../config/auth.ts"
import type { OwnPages } from "../../config/own-pages.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { AUTH_RESOURCE, authResource, RENEW_SUBJECT } from "./auth-resource.ts"
import { type Guard, openGuard, TokenGuard } from "./guard.ts"
import { jwksVerifier } from "./jwks-verifier.ts"
import { Logins } from "./logins.ts"
import { openAuthResource } from "./open-auth-resource.ts"
import { DEFAULT_MAX_TOKEN_DAYS, RememberingVerifier, type TokenVerifier } from "./token-verifier.ts"

/** How often the issuer is asked about users who are logged in, in ms. */
const USER_STATE_INTERVAL_MS = 30_000
/** Token IDs in one reset; it must fit into a NATS message. */
const MAX_RESET_TIDS = 1000

export interface AuthOptions {
  readonly verifier: TokenVerifier
  /** As the verifier's. Default 30. */
  readonly maxTokenDays?: number
  readonly cookie: AuthCookie | undefined
  readonly addresses: ClientAddresses
  readonly logger: Logger
}

export interface OpenAuth {
  readonly guard: Guard
  readonly resources: readonly AnyResource[]
  stop(): void
}

/** With `AUTH=none`. `pages`: the pages that gateways may admit; undefined admits all. */
export function noAuth(addresses: ClientAddresses, pages: OwnPages | undefined): OpenAuth {
  return { guard: openGuard, resources: [openAuthResource(addresses, pages)], stop: () => {} }
}

/** The verifier of the issuer that is set up; undefined with `AUTH=none`. */
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

/** Opens the bucket of logins; gives the guard, the resources to be added to `service`, and how to stop. */
export async function openAuth(
  js: JetStream,
  service: Service,
  { verifier, maxTokenDays = DEFAULT_MAX_TOKEN_DAYS, cookie, addresses, logger }: AuthOptions,
): Promise<OpenAuth> {
  const logins = new Logins(js, {
    maxTokenDays,
    logger,
    onChanged: (tids) => {
      for (let i = 0; i < tids.length; i += MAX_RESET_TIDS) {
        service.tokenReset(tids.slice(i, i + MAX_RESET_TIDS), RENEW_SUBJECT)
      }
    },
  })
  await logins.start()
  const guard = new TokenGuard(verifier, logins)
  // Streams of an edge may rest on a token without a login, which no token reset reaches.
  const asking = setInterval(() => void askIssuer(verifier, logins, logger), USER_STATE_INTERVAL_MS)
  return {
    guard,
    resources: [
      authResource({
        guard,
        logins,
        cookie,
        addresses,
        onRevoked: () => service.reset({ access: [AUTH_RESOURCE] }),
      }),
    ],
    stop: () => {
      clearInterval(asking)
      logins.stop()
    },
  }
}

/** Asks the issuer about each user who is logged in, and ends, or changes, the logins of those who may less now. */
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
