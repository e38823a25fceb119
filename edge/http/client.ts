import type { Request, RequestHandler } from "express"
import type { ClientAddresses } from "res-service"

/** Finds out each request's client address once: for the edge's own limits, and for those of the service, which is told. */
export function clientAddress(addresses: ClientAddresses): RequestHandler {
  return (req, res, next) => {
    res.locals.clientAddress = addresses.of(req)
    next()
  }
}

/** The address of the client that sent a request. */
export function clientAddressOf({ res }: Request): string {
  return res?.locals.clientAddress as string
}
