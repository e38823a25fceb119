import { type AuthRequest, type ClientAddresses, handle, ResError } from "res-service"
import type { AuthCookie } from "../../config/auth.ts"
import type { Claims } from "../../contract/claims.ts"
import { bearerIn, cookieIn, RequestToken } from "../../contract/credentials.ts"
import { auth } from "../../contract/shopwire.ts"
import type { TokenGuard } from "./guard.ts"
import type { Logins } from "./logins.ts"

export interface AuthSources {
  readonly guard: TokenGuard
  readonly logins: Logins
  /** Undefined: none. */
  readonly cookie: AuthCookie | undefined
  readonly addresses: ClientAddresses
}

type Request = Pick<AuthRequest<string, unknown>, "token" | "header" | "remoteAddr" | "setToken">

/** Serves `auth` with AUTH other than `none`. */
export function authResource({ guard, logins, cookie, addresses }: AuthSources) {
  const begin = async (req: Request, jwt: string): Promise<Claims> => {
    const claims = await guard.verify(jwt)
    const tid = await logins.begin(claims, tidOf(req.token))
    setLogin(req, tid)
    return claims
  }

  const setLogin = (req: Request, tid: string): void => req.setToken({ tid, address: addresses.ofClient(req) }, tid)

  return handle(auth, {
    mode: { access: "free" },
    checkCalls: true,
    access: guard.access(auth),
    auth: {
      login: {
        mode: "free",
        handle: async (req, { token }) => {
          const { user, name = null, role = null, shops, exp } = await begin(req, token)
          return { user, name, role, shops, expires_at: new Date(exp * 1000).toISOString() }
        },
      },
      logout: {
        mode: "free",
        handle: async (req) => {
          setAddress(req, addresses)
          const tid = tidOf(req.token)
          if (tid !== undefined) await logins.end(tid)
        },
      },
      renew: {
        mode: "free",
        handle: (req) => {
          const tid = tidOf(req.token)
          if (tid === undefined || logins.get(tid) === undefined) setAddress(req, addresses)
          // The same token again makes gateways ask again for access.
          else setLogin(req, tid)
        },
      },
      header: {
        mode: "free",
        handle: async (req) => {
          // A token without an ID ends with its request. As a connection's token it would stay valid after its end.
          if (!req.isHttp) throw new ResError("system.accessDenied")
          const bearer = bearerOf(req)
          if (bearer === undefined) return setAddress(req, addresses)
          // Answers the reason at once, instead of "access denied".
          await guard.verify(bearer).catch((error: unknown) => {
            const isInvalid = error instanceof ResError && error.code === "auth.invalidToken"
            if (isInvalid) req.meta({ status: 401, header: { "WWW-Authenticate": ['Bearer error="invalid_token"'] } })
            else req.meta({ status: 503 })
            throw error
          })
          req.setToken({ bearer, address: addresses.ofClient(req) })
        },
      },
      wsHeader: {
        mode: "free",
        handle: async (req) => {
          setAddress(req, addresses)
          const [origin = ""] = req.header.Origin ?? []
          const fromCookie = cookie?.origins.includes(origin) ? cookieOf(req, cookie.name) : undefined
          const jwt = bearerOf(req) ?? fromCookie
          if (jwt !== undefined) await begin(req, jwt)
        },
      },
    },
    call: {
      revoke: {
        mode: "free",
        handle: async (_req, { user }) => await logins.revoke(user, Date.now() / 1000),
      },
    },
  })
}

/** Gives a connection without a login a token with its client address; no token when the address is not known. */
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
