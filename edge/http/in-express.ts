import type { IncomingMessage } from "node:http"
import type { Request, RequestHandler } from "express"
import type { ClientAddresses } from "res-service"
import type { Check } from "./checks.ts"
import { Exchange } from "./exchange.ts"
import { follow, type RequestTracing } from "./follow.ts"

const exchanges = new WeakMap<IncomingMessage, Exchange>()

/** Begins the exchange of each request. */
export function begin(addresses: ClientAddresses, tracing?: RequestTracing): RequestHandler {
  return (req, res, next) => {
    const exchange = new Exchange(req, res, addresses.of(req))
    exchanges.set(req, exchange)
    follow(exchange, res, () => routeOf(req), tracing)
    next()
  }
}

/** The pattern of the route that answers a request. */
function routeOf({ route }: Request): string {
  return typeof route?.path === "string" ? route.path : "other"
}

/** The exchange of a request that has passed `begin`. */
export function exchangeOf(req: IncomingMessage): Exchange {
  const exchange = exchanges.get(req)
  if (exchange === undefined) throw new Error("the request's exchange has not begun")
  return exchange
}

/** A check as Express runs it. Routes of Express send answers by themselves, so the rate headers are set at once. */
export function checked(check: Check): RequestHandler {
  return (req, res, next) => {
    const exchange = exchangeOf(req)
    check(exchange)
    exchange.rates.setOn(res)
    next()
  }
}
