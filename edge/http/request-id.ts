import { randomUUID } from "node:crypto"
import type { RequestHandler } from "express"

const USABLE = /^[A-Za-z0-9._-]{1,128}$/

/** Gives each request an ID, or accepts the client's `X-Request-Id` if it is a plain one, and returns it in the answer. */
export const requestId: RequestHandler = (req, res, next) => {
  const given = req.get("x-request-id")
  const id = given !== undefined && USABLE.test(given) ? given : randomUUID()
  res.locals.requestId = id
  res.set("X-Request-Id", id)
  next()
}
