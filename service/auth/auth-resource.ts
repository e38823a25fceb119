import { type AuthRequest, type ClientAddresses, model, ResError } from "res-service"
import { z } from "zod"
import type { AuthCookie } from "../../config/auth.ts"
import type { Claims } from "../../contract/claims.ts"
import { bearerIn, cookieIn, RequestToken } from "../../contract/credentials.ts"
import { MAX_TOKEN_LENGTH } from "../../contract/limits.ts"
import type { TokenGuard } from "./guard.ts"
import type { Logins } from "./logins.ts"

/** The name of the resource, and of the method that gateways send after a token reset. */
export const AUTH_RESOURCE = "shopwire.auth"
export const RENEW_SUBJECT = `auth.${AUTH_RESOURCE}.renew`

const Credentials = z.object(
  { token: z.string("expected a string").max(MAX_TOKEN_LENGTH, `expected at most ${MAX_TOKEN_LENGTH} characters`) },
  "expected a JSON object",
)

const Revocation = z.object(
  { user: z.string("expected a string").min(1, "expected a user").max(255, "expected at most 255 characters") },
  "expected a JSON object",
)

export interface AuthSources {
  readonly guard: TokenGuard
  readonly logins: Logins
  /** Undefined: none. */
  readonly cookie: AuthCookie | undefined
  /** Called after tokens were revoked. */
  readonly onRevoked: () => void
  readonly addresses: ClientAddresses
}

type Request = Pick<AuthRequest<typeof AUTH_RESOURCE, unknown>, "token" | "header" | "remoteAddr" | "setToken">

/**
 * `shopwire.auth`: how a connection gets a token, and loses it.
 *
 * auth    login({ token }) -> { user, name, role, shops, expires_at (ISO 8601) }: the connection may from now on what the JWT
 *         says; on a connection that is logged in it renews the login · logout() -> null ·
 *         for gateways: header() with `Authorization: Bearer`, for one HTTP request; wsHeader(), also with the cookie that is
 *         set up, for a connection; renew(), after a token reset
 * call    revoke({ user }) -> null: the user's logins end, and tokens issued until now do not count any more
 * access  `revoke`: admins
 * errors  auth.invalidToken, data { reason } · system.serviceUnavailable: the issuer, or the log, is away
 * source  RES-Service protocol 1.2.3, "Auth request", "Connection token event"; design.md, "RES resources"
 */
export function authResource({ guard, logins, cookie, onRevoked, addresses }: AuthSources) {
  const begin = async (req: Request, jwt: string): Promise<Claims> => {
    const claims = await guard.verify(jwt)
    const tid = await logins.begin(claims, tidOf(req.token))
    setLogin(req, tid)
    return claims
  }

  const setLogin = (req: Request, tid: string): void => req.setToken({ tid, address: addresses.ofClient(req) }, tid)

  return model(AUTH_RESOURCE, {
    mode: { access: "free" },
    checkCalls: true,
    access: guard.access(AUTH_RESOURCE),
    auth: (method) => ({
      login: method(
        Credentials,
        async (req, { token }) => {
          const { user, name = null, role = null, shops, exp } = await begin(req, token)
          return { user, name, role, shops, expires_at: new Date(exp * 1000).toISOString() }
        },
        { mode: "free" },
      ),
      logout: method(
        z.unknown(),
        async (req) => {
          setAddress(req, addresses)
          const tid = tidOf(req.token)
          if (tid !== undefined) await logins.end(tid)
        },
        { mode: "free" },
      ),
      renew: method(
        z.unknown(),
        (req) => {
          const tid = tidOf(req.token)
          if (tid === undefined || logins.get(tid) === undefined) setAddress(req, addresses)
          // The same again: gateways then ask anew what it allows.
          else setLogin(req, tid)
        },
        { mode: "free" },
      ),
      header: method(
        z.unknown(),
        async (req) => {
          // A token without an ID ends with its request; that of a connection would outlive its time.
          if (!req.isHttp) throw new ResError("system.accessDenied")
          const bearer = bearerOf(req)
          if (bearer === undefined) return setAddress(req, addresses)
          // Told at once why, rather than that access is denied.
          await guard.verify(bearer).catch((error: unknown) => {
            const isInvalid = error instanceof ResError && error.code === "auth.invalidToken"
            if (isInvalid) req.meta({ status: 401, header: { "WWW-Authenticate": ['Bearer error="invalid_token"'] } })
            else req.meta({ status: 503 })
            throw error
          })
          req.setToken({ bearer, address: addresses.ofClient(req) })
        },
        { mode: "free" },
      ),
      wsHeader: method(
        z.unknown(),
        async (req) => {
          setAddress(req, addresses)
          const [origin = ""] = req.header.Origin ?? []
          const fromCookie = cookie?.origins.includes(origin) ? cookieOf(req, cookie.name) : undefined
          const jwt = bearerOf(req) ?? fromCookie
          if (jwt !== undefined) await begin(req, jwt)
        },
        { mode: "free" },
      ),
    }),
    call: (method) => ({
      revoke: method(
        Revocation,
        async (_req, { user }) => {
          await logins.revoke(user, Date.now() / 1000)
          onRevoked()
        },
        { mode: "free" },
      ),
    }),
  })
}

/** Gives a connection without a login a token that says where it comes from; none where that is not known. */
export function setAddress(req: Pick<Request, "header" | "remoteAddr" | "setToken">, addresses: ClientAddresses): void {
  const address = addresses.ofClient(req)
  req.setToken(address === undefined ? null : { address })
}

function tidOf(token: unknown): string | undefined {
  return RequestToken.safeParse(token).data?.tid
}

function bearerOf({ header }: Request): string | undefined {
  return bearerIn(header.Authorization?.[0] ?? "")
}

function cookieOf({ header }: Request, name: string): string | undefined {
  return cookieIn((header.Cookie ?? []).join(";"), name)
}
