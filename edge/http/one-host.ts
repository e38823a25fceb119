import type { RequestHandler } from "express"
import { hasManyHosts } from "res-service"
import { HttpProblem } from "./problem.ts"

/** Refuses a request with several `Host` headers with 400: a proxy and the edge could each use another one. */
export const oneHost: RequestHandler = (req, _res, next) => {
  if (hasManyHosts(req)) throw new HttpProblem(400, "There is more than one Host header")
  next()
}
