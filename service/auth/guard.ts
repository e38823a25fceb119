import { type Access, type ClientRequest, ResError } from "res-service"
import { type Claims, TokenError } from "../../contract/claims.ts"
import { RequestToken } from "../../contract/credentials.ts"
import { serviceError } from "../../contract/errors.ts"
import type { Logins } from "./logins.ts"
import { decide, type Governed, policy, type Target } from "./policy.ts"
import type { TokenVerifier } from "./token-verifier.ts"

/** What the guard reads of a request. */
interface Asking {
  readonly token: unknown
  readonly parts: { readonly [name: string]: string }
}

/** What the guard reads of a call. */
interface Calling extends Asking, Pick<ClientRequest, "isHttp" | "meta"> {}

/** A contract that the policy has rules for. */
interface GovernedContract {
  readonly pattern: { readonly source: Governed }
}

/** Identifies callers and checks their rights by the policy. */
export interface Guard {
  /** The handler `access` of a governed resource. For an invalid bearer token it throws as `check` does. */
  access(contract: GovernedContract): (req: Asking) => Promise<Access>
  /**
   * The claims of the caller of a method. Undefined: an unknown caller.
   *
   * @throws {ResError} `system.accessDenied` · `auth.invalidToken` · `system.serviceUnavailable`: the issuer of tokens does not answer
   */
  check(contract: GovernedContract, method: string, req: Calling, target?: Target): Promise<Claims | undefined>
}

/** With `AUTH=none`: everyone may do everything. */
export const openGuard: Guard = {
  access: ({ pattern }) => {
    const granted = accessOf(Object.keys(policy[pattern.source]))
    return async () => granted
  },
  check: async () => undefined,
}

/** Admits callers by token, as the policy says. */
export class TokenGuard implements Guard {
  readonly #verifier: TokenVerifier
  readonly #logins: Logins

  constructor(verifier: TokenVerifier, logins: Logins) {
    this.#verifier = verifier
    this.#logins = logins
  }

  access({ pattern: { source } }: GovernedContract): (req: Asking) => Promise<Access> {
    const methods = Object.keys(policy[source])
    return async (req) => {
      const claims = await this.identify(req.token)
      return accessOf(methods.filter((method) => decide(source, method, claims, targetOf(req)).allowed))
    }
  }

  async check(
    { pattern }: GovernedContract,
    method: string,
    req: Asking,
    target: Target = {},
  ): Promise<Claims | undefined> {
    const claims = await this.identify(req.token)
    if (decide(pattern.source, method, claims, { ...targetOf(req), ...target }).allowed) return claims
    throw new ResError("system.accessDenied")
  }

  /** The claims of a request's token. Throws as `check` does. */
  async identify(token: unknown): Promise<Claims | undefined> {
    const parsed = RequestToken.safeParse(token)
    if (!parsed.success) return undefined
    const { tid, bearer } = parsed.data
    return tid === undefined ? await this.verify(bearer) : this.#logins.get(tid)
  }

  /** The current claims of a JWT. Throws as `check` does. */
  async verify(jwt: string): Promise<Claims> {
    try {
      const claims = await this.#verifier.verify(jwt)
      if (this.#logins.isRevoked(claims)) throw new TokenError("it was revoked")
      return this.#logins.upToDate(claims)
    } catch (error) {
      if (error instanceof TokenError) throw serviceError("auth.invalidToken", { reason: error.message })
      throw error
    }
  }
}

/** Access to the methods of a policy. */
function accessOf(methods: readonly string[]): Access {
  const call = methods.filter((method) => method !== "get")
  return { get: methods.includes("get"), call: call.includes("*") ? "*" : call }
}

function targetOf({ parts }: Asking): Target {
  return { shopId: parts.shop_id }
}
