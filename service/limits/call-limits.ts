import { type Admission, addressGroup, type ClientAddresses, type Meta, type ResError } from "res-service"
import { z } from "zod"
import { BasketTask } from "../../contract/basket-work.ts"
import { serviceError } from "../../contract/errors.ts"
import { multicart } from "../../contract/session.ts"
import { auth } from "../../contract/shopwire.ts"
import { basket, feed } from "../../contract/store.ts"
import { type Allowance, allowance } from "../../limits/allowance.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { Guard } from "../auth/guard.ts"

/** Rates are averaged over this time, in seconds, so that an array of 1,000 events passes. */
const WINDOW_S = 10
const MINUTE_S = 60

/** The rates of each caller; 0 sets no limit. A call counts 1, a publish 1 for each event. */
export interface CallLimitOptions {
  /** Per second, averaged over 10 s: for a connection, a client address, a user, and a shop (stored events). */
  readonly perConnection: number
  readonly perAddress: number
  readonly perToken: number
  readonly perShop: number
  /** Session starts per minute. */
  readonly startsPerConnection: number
  readonly startsPerAddress: number
}

export const noCallLimits: CallLimitOptions = {
  perConnection: 0,
  perAddress: 0,
  perToken: 0,
  perShop: 0,
  startsPerConnection: 0,
  startsPerAddress: 0,
}

/** What the answer needs to tell a caller when to try again. */
type Asker = Pick<Admission, "isHttp" | "meta">

/** Calls that are not counted: a cart's last state must always arrive; gateways renew tokens when the service asks them to. */
const UNCOUNTED = new Set([callOf(multicart.pattern, "updateCart"), callOf(auth.pattern, "renew")])

/** Calls that store something for a shop. */
const STORING = new Set([
  callOf(feed.pattern, "publish"),
  ...BasketTask.options.map((task) => callOf(basket.pattern, task)),
])

/** The address that the service puts into the token of a gateway's connection, because later requests do not tell it. */
const AddressedToken = z.object({ address: z.string() })

/**
 * Applies rates to callers of all doors: Resgate has no rates, and an edge sees only its own clients. Beyond a rate the answer is
 * `system.tooManyRequests` with data `{ retry_after_ms }`; over a gateway's HTTP 429 with `Retry-After`.
 *
 * Each caller is counted twice: by connection and address before the request is parsed (`admit`), and by user and shop after the
 * policy has allowed it (`hold`). So a refused caller can't use up a shop's allowance.
 */
export class CallLimits {
  readonly #addresses: ClientAddresses
  readonly #connection: Allowance | undefined
  readonly #address: Allowance | undefined
  readonly #token: Allowance | undefined
  readonly #shop: Allowance | undefined
  readonly #startsOfConnection: Allowance | undefined
  readonly #startsOfAddress: Allowance | undefined

  /** @param addresses resolves the addresses of a gateway's clients */
  constructor(options: CallLimitOptions, addresses: ClientAddresses) {
    this.#addresses = addresses
    this.#connection = allowance(options.perConnection, WINDOW_S)
    this.#address = allowance(options.perAddress, WINDOW_S)
    this.#token = allowance(options.perToken, WINDOW_S, "secret")
    this.#shop = allowance(options.perShop, WINDOW_S)
    this.#startsOfConnection = allowance(options.startsPerConnection / MINUTE_S, MINUTE_S)
    this.#startsOfAddress = allowance(options.startsPerAddress / MINUTE_S, MINUTE_S)
  }

  /** For `ServiceOptions.admit`. Throws `system.tooManyRequests`. */
  readonly admit = (request: Admission): void => {
    const amount = amountOf(request)
    if (amount === 0) return
    const address = this.#addressOf(request)
    const group = address === undefined ? undefined : addressGroup(address)
    // Over HTTP each request has a connection ID of its own; an edge's HTTP requests have none.
    const cid = request.isHttp || request.cid === "" ? undefined : request.cid
    take(this.#connection, "connection", cid, amount, request)
    take(this.#address, "address", group, amount, request)
    if (request.method !== "start") return
    take(this.#startsOfConnection, "connection", cid, 1, request)
    take(this.#startsOfAddress, "address", group, 1, request)
  }

  /** A guard that also counts the callers that it admits. Its `check` may throw `system.tooManyRequests`. */
  hold(guard: Guard): Guard {
    return {
      access: (contract) => guard.access(contract),
      check: async (contract, method, req, target) => {
        const claims = await guard.check(contract, method, req, target)
        const amount = target?.shopperIds?.length ?? 1
        take(this.#token, "token", claims?.user, amount, req)
        if (STORING.has(callOf(contract.pattern, method))) take(this.#shop, "shop", req.parts.shop_id, amount, req)
        return claims
      },
    }
  }

  /**
   * The client's address, or undefined. An edge sends it in every request. A gateway sends it in the auth request when a client
   * connects; after that it is in the token that the service gave the connection.
   */
  #addressOf(request: Admission): string | undefined {
    if (request.type === "auth") return this.#addresses.ofClient(request)
    return request.remoteAddr ?? AddressedToken.safeParse(request.token).data?.address
  }
}

/** How much a request counts; 0: not at all. */
function amountOf({ type, pattern, method, query, params, isHttp }: Admission): number {
  // Gateways ask for access for each subscription, and again after each reset; only a query reads the log.
  if (type === "access") return query === "" || isHttp ? 0 : 1
  if (UNCOUNTED.has(callOf({ source: pattern }, method))) return 0
  const amount = method === "publish" ? eventsIn(params) : 1
  // Over HTTP the gateway's auth request was counted already.
  return isHttp && type === "call" ? amount - 1 : amount
}

/** A name for a method of a pattern's resources. */
function callOf({ source }: { readonly source: string }, method: string): string {
  return `${source}.${method}`
}

/** The number of events in the params of a publish, which are not validated yet. */
function eventsIn(params: unknown): number {
  const events = typeof params === "object" && params !== null && "events" in params ? params.events : params
  return Array.isArray(events) ? Math.max(1, events.length) : 1
}

/** @throws {ResError} `system.tooManyRequests` */
function take(
  allowance: Allowance | undefined,
  kind: "connection" | "address" | "token" | "shop",
  key: string | undefined,
  amount: number,
  asker: Asker,
): void {
  if (allowance === undefined || key === undefined) return
  const { granted, resetMs } = allowance.take(key, amount)
  if (granted) return
  occurrences.refused.tell(kind)
  throw tooMany(kind, Math.max(1, Math.ceil(resetMs)), asker)
}

function tooMany(kind: string, retryAfterMs: number, { isHttp, meta }: Asker): ResError {
  const header = { "Retry-After": [String(Math.ceil(retryAfterMs / 1000))] }
  if (isHttp) meta({ status: 429, header } satisfies Meta)
  return serviceError(
    "system.tooManyRequests",
    { retry_after_ms: retryAfterMs },
    `Too many requests for one ${kind}; try again later`,
  )
}
