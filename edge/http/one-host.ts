import type { RequestHandler } from "express"
import { hasManyHosts } from "res-service"
import { HttpProblem } from "./problem.ts"

/** Refuses with 400 a request with several `Host` headers: proxies and the edge could each take another one. */
export const oneHost: RequestHandler = (req, _res, next) => {
  if (hasManyHosts(req)) throw new HttpProblem(400, "There is more than one Host header")
  next()
}
