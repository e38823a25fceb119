import { ResError } from "../errors.ts"
import { EVENT_NUMBER, type EventNumbers } from "../event-number.ts"
import type { Logger } from "../logger.ts"
import { normalisedQuery } from "../rid.ts"
import { readQuery, validated } from "./params.ts"
import type { Mode } from "./queue.ts"
import type { Reply, Response } from "./reply.ts"
import type { Admission } from "./request.ts"
import { type Access, type AnyResource, type Method, ResourceResponse } from "./resource.ts"
import type { ServedRequest } from "./served-request.ts"

/** How a request will be answered. `run` does not reject when a handler fails. */
export interface Answering {
  readonly mode: Mode
  run(): Promise<void>
}

/** What it takes to answer requests, besides a request and its resource. */
export interface RespondContext {
  readonly logger: Logger
  readonly admit: (request: Admission) => void
  readonly numbers: EventNumbers
}

/**
 * Finds the handler for a request.
 *
 * @param got a get is answered when this resolves; undefined: at once
 */
export function respond(
  { logger, admit, numbers }: RespondContext,
  resource: AnyResource,
  req: ServedRequest,
  reply: Reply,
  got: Promise<void> | undefined,
): Answering {
  const answering = (mode: Mode = "serial", handle: () => Promise<Response>): Answering => ({
    mode,
    run: async () => {
      let response: Response
      try {
        response = await handle()
      } catch (error) {
        response = { error: reported(logger, req, error) }
      }
      if (reply.answered) {
        logger.error({ ...labels(req) }, "a handler ended after its time limit")
        if (req.method !== "" && mode !== "free") req.events.reset()
        return
      }
      const headers = req.type === "get" ? { [EVENT_NUMBER]: numbers.last(req.name) } : undefined
      reply.answer(req.answerMeta === undefined ? response : { ...response, meta: req.answerMeta }, headers)
    },
  })

  if (req.isAdmission()) {
    try {
      admit(req)
    } catch (error) {
      return answering("free", () => Promise.reject(error))
    }
  }

  const { handlers } = resource
  switch (req.type) {
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
      const method = methodOf(resource, req)
      return answering(method?.mode, async () => {
        if (method === undefined) throw new ResError("system.methodNotFound")
        if (req.type === "call" && handlers.checkCalls === true) await checkCall(resource, req)
        const params = method.params ? await validated("system.invalidParams", method.params, req.params) : req.params
        const result = await method.handle(req, params)
        return result instanceof ResourceResponse ? { resource: { rid: result.rid } } : { result: result ?? null }
      })
    }
  }
}

function methodOf({ handlers }: AnyResource, { type, method }: ServedRequest): Method<ServedRequest> | undefined {
  // The declaration has turned functions into methods by name.
  const methods = handlers[type] as { readonly [name: string]: Method<ServedRequest> } | undefined
  return methods && Object.hasOwn(methods, method) ? methods[method] : undefined
}

async function checkCall({ handlers }: AnyResource, req: ServedRequest): Promise<void> {
  const { call = [] } = (await handlers.access?.(req)) ?? {}
  if (call !== "*" && !call.includes(req.method)) throw new ResError("system.accessDenied")
}

async function read({ kind, handlers }: AnyResource, req: ServedRequest): Promise<unknown> {
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

function reported(logger: Logger, req: ServedRequest, error: unknown): ResError {
  const resError = ResError.from(error)
  const details = labels(req)
  if (resError.code === "system.internalError")
    logger.error({ ...details, err: resError.cause ?? resError }, "a handler failed")
  else logger.debug({ ...details, code: resError.code }, "a request was refused")
  return resError
}

function labels({ type, name, method }: ServedRequest): { type: string; name: string; method: string } {
  return { type, name, method }
}
