import type { Conn } from "../conn.ts"
import type { Kind } from "../contract/contract.ts"
import { ResError } from "../errors.ts"
import { EVENT_NUMBER, type EventNumbers } from "../event-number.ts"
import type { Logger } from "../logger.ts"
import type { Parts } from "../pattern.ts"
import { isValidPart, normalisedQuery } from "../rid.ts"
import type { EventSender } from "./events.ts"
import type { Incoming } from "./incoming.ts"
import { readQuery, validated } from "./params.ts"
import type { Mode } from "./queue.ts"
import type { Response } from "./reply.ts"
import type { Admission, AuthRequest, Meta } from "./request.ts"
import { type Access, type EventsOf, type Method, type Resource, ResourceResponse } from "./resource.ts"
import type { TimeLimit } from "./time-limit.ts"

/** How a request will be answered. `run` does not reject when a handler fails. */
export interface Answering {
  readonly mode: Mode
  run(): Promise<void>
}

/** What it takes to answer a request, besides the request and the resource. */
export interface RespondContext {
  readonly conn: Conn
  readonly logger: Logger
  readonly admit: (request: Admission) => void
  readonly parts: Parts<string>
  readonly events: EventSender
  readonly limit: TimeLimit
  /** A get is answered when this resolves; undefined: at once. */
  readonly got: Promise<void> | undefined
  readonly numbers: EventNumbers
}

type Handled = Resource<string, Kind, unknown>
type AnyRequest = AuthRequest<string, EventsOf<Kind, unknown>>

/** Finds the handler for a request. */
export function respond(
  { conn, logger, admit, parts, events, limit, got, numbers }: RespondContext,
  resource: Handled,
  request: Incoming,
): Answering {
  const { handlers } = resource
  let meta: Meta | undefined
  const req: AnyRequest = {
    ...request.payload,
    name: request.name,
    method: request.method,
    parts,
    events: events as EventsOf<Kind, unknown>,
    extendTimeout: (timeoutMs) => limit.extend(timeoutMs),
    meta: (given) => {
      meta = given
    },
    setToken: (token, tid) => publishToken(conn, request.payload.cid, token, tid),
  }

  const answering = (mode: Mode = "serial", handle: () => Promise<Response>): Answering => ({
    mode,
    run: async () => {
      const response = await handle().catch((error: unknown) => ({ error: reported(logger, request, error) }))
      const headers = request.type === "get" ? { [EVENT_NUMBER]: numbers.last(request.name) } : undefined
      if (!request.reply.answered)
        return request.reply.answer(meta === undefined ? response : { ...response, meta }, headers)
      logger.error({ ...labels(request) }, "a handler ended after its time limit")
      if (request.method !== "" && mode !== "free") events.reset()
    },
  })

  if (request.type !== "get") {
    try {
      admit({ ...req, type: request.type, pattern: resource.pattern.source })
    } catch (error) {
      return answering("free", () => Promise.reject(error))
    }
  }

  switch (request.type) {
    case "access":
      return answering(handlers.mode?.access, async () => ({ result: accessResult(await handlers.access?.(req)) }))
    case "get":
      return answering(handlers.mode?.get, async () => {
        const result = await read(resource, req)
        await got
        return { result }
      })
    case "call":
    case "auth": {
      // The declaration has turned the function into methods by name.
      const methods = handlers[request.type] as { readonly [name: string]: Method<AnyRequest> } | undefined
      const method = methods && Object.hasOwn(methods, request.method) ? methods[request.method] : undefined
      return answering(method?.mode, async () => {
        if (method === undefined) throw new ResError("system.methodNotFound")
        if (request.type === "call" && handlers.checkCalls === true) await checkCall(resource, req)
        const params = method.params ? await validated("system.invalidParams", method.params, req.params) : req.params
        const result = await method.handle(req, params)
        return result instanceof ResourceResponse ? { resource: { rid: result.rid } } : { result: result ?? null }
      })
    }
  }
}

async function checkCall({ handlers }: Handled, req: AnyRequest): Promise<void> {
  const { call = [] } = (await handlers.access?.(req)) ?? {}
  if (call !== "*" && !call.includes(req.method)) throw new ResError("system.accessDenied")
}

/** Sends a token event. Throws a `ResError` for an invalid connection ID: a request may contain none, or any text. */
export function publishToken(conn: Conn, cid: string, token: unknown, tid: string | undefined): void {
  if (!isValidPart(cid)) throw new ResError("system.invalidRequest", `${JSON.stringify(cid)} is not a connection ID`)
  conn.publish(`conn.${cid}.token`, JSON.stringify({ token, ...(tid === undefined ? {} : { tid }) }))
}

async function read({ kind, handlers }: Handled, req: AnyRequest): Promise<unknown> {
  if (req.query !== "" && handlers.query !== undefined) {
    const params = await validated("system.invalidQuery", handlers.query.params, readQuery(req.query))
    return { [kind]: found(await handlers.query.get(req, params)), query: normalisedQuery(params) }
  }
  return { [kind]: found(await handlers.get?.(req)) }
}

function found<T>(content: T | undefined): T {
  if (content === undefined) throw new ResError("system.notFound")
  return content
}

function accessResult(access: Access | undefined): { get?: boolean; call?: string } {
  const { get, call } = access ?? {}
  return {
    ...(get === undefined ? {} : { get }),
    ...(call === undefined ? {} : { call: typeof call === "string" ? call : call.join(",") }),
  }
}

function reported(logger: Logger, request: Incoming, error: unknown): ResError {
  const resError = ResError.from(error)
  const details = labels(request)
  if (resError.code === "system.internalError")
    logger.error({ ...details, err: resError.cause ?? resError }, "a handler failed")
  else logger.debug({ ...details, code: resError.code }, "a request was refused")
  return resError
}

function labels({ type, name, method }: Incoming): { type: string; name: string; method: string } {
  return { type, name, method }
}
