import type { RequestHandler } from "express"
import { hasManyHosts } from "res-service"
import { HttpProblem } from "./problem.ts"

/** Answers 400 to a request with several `Host` headers: a proxy and the edge could each use a different one. */
export const oneHost: RequestHandler = (req, _res, next) => {
  if (hasManyHosts(req)) throw new HttpProblem(400, "There is more than one Host header")
  next()
}
