import type { Request } from "express"
import type { CallOptions } from "res-service/client"
import type { RequestToken } from "../../service/auth/guard.ts"
import { HttpProblem } from "./problem.ts"

/**
 * Passes a request's `Authorization: Bearer` on to the service, which decides what it is worth; 401 for any other `Authorization`.
 *
 * Source: RFC 6750, "Authorization Request Header Field".
 */
export function callerOf(req: Request): Pick<CallOptions, "token"> {
  const header = req.get("authorization")
  if (header === undefined) return {}
  const [, bearer] = /^Bearer +([\w.~+/-]+=*)$/i.exec(header) ?? []
  if (bearer === undefined) {
    throw new HttpProblem(401, "The Authorization cannot be used", [
      { header: "Authorization", detail: "expected Bearer and a token" },
    ])
  }
  return { token: { bearer } satisfies RequestToken }
}
