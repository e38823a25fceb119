import type { Request, RequestHandler } from "express"
import type { ClientAddresses } from "res-service"

/** Determines each request's client address once, for the limits of the edge and of the service. */
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
