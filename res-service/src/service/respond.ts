import type { Conn } from "../conn.ts"
import { ResError } from "../errors.ts"
import type { Logger } from "../logger.ts"
import type { Parts } from "../pattern.ts"
import { EventSender } from "./events.ts"
import type { Incoming, Response } from "./incoming.ts"
import type { Mode } from "./queue.ts"
import type { AuthRequest, Meta } from "./request.ts"
import { type Access, type EventsOf, type Kind, type Method, type Resource, ResourceResponse } from "./resource.ts"
import { type StandardSchema, validate } from "./standard-schema.ts"

/** How a request will be answered: in which mode, and by what. `run` never rejects. */
export interface Answering {
  readonly mode: Mode
  run(): Promise<void>
}

/** A long list in which everything is wrong would make an error too large for one message. */
const MAX_PROBLEMS = 100

type Handled = Resource<string, Kind, unknown>
type AnyRequest = AuthRequest<string, EventsOf<Kind, unknown>>

/** Finds out what answers a request for a resource. Undefined: it is for another service to answer. */
export function respond(
  conn: Conn,
  logger: Logger,
  resource: Handled,
  request: Incoming,
  parts: Parts<string>,
): Answering | undefined {
  const { handlers } = resource
  let meta: Meta | undefined
  const req: AnyRequest = {
    ...request.payload,
    name: request.name,
    method: request.method,
    parts,
    events: new EventSender(conn, request.name) as EventsOf<Kind, unknown>,
    extendTimeout: (timeoutMs) => request.extendTimeout(timeoutMs),
    meta: (given) => {
      meta = given
    },
    setToken: (token, tid) => {
      const payload = { token, ...(tid === undefined ? {} : { tid }) }
      conn.publish(`conn.${request.payload.cid}.token`, JSON.stringify(payload))
    },
  }

  const answering = (mode: Mode | undefined, handle: () => Promise<Response>): Answering => ({
    mode: mode ?? "serial",
    run: async () => {
      const response = await handle().catch((error: unknown) => ({ error: reported(logger, request, error) }))
      request.answer(meta === undefined ? response : { ...response, meta })
    },
  })

  switch (request.type) {
    case "access":
      if (handlers.access === undefined) return undefined
      return answering(handlers.mode?.access, async () => ({ result: accessResult(await handlers.access?.(req)) }))
    case "get":
      return answering(handlers.mode?.get, async () => ({ result: await read(resource, req) }))
    case "call":
    case "auth": {
      const methods: { readonly [name: string]: Method<AnyRequest> } | undefined = handlers[request.type]
      const method = methods && Object.hasOwn(methods, request.method) ? methods[request.method] : undefined
      return answering(method?.mode, async () => {
        if (method === undefined) throw new ResError("system.methodNotFound")
        const params = method.params ? await validated("system.invalidParams", method.params, req.params) : req.params
        const result = await method.handle(req, params)
        return result instanceof ResourceResponse ? { resource: { rid: result.rid } } : { result: result ?? null }
      })
    }
  }
}

async function read({ kind, handlers }: Handled, req: AnyRequest): Promise<unknown> {
  if (req.query !== "" && handlers.query !== undefined) {
    const params = await validated("system.invalidQuery", handlers.query.params, readQuery(req.query))
    const content = await handlers.query.get(req, params as never)
    return { [kind]: content, query: normalised(params) }
  }
  if (handlers.get === undefined) throw new ResError("system.notFound")
  return { [kind]: await handlers.get(req) }
}

// An own property for every name, `__proto__` included; of a name given twice the last counts.
function readQuery(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query))
}

function normalised(params: unknown): string {
  const entries = Object.entries(params as object).filter(([, value]) => value !== undefined)
  return new URLSearchParams(entries.map(([name, value]): [string, string] => [name, String(value)])).toString()
}

async function validated(
  code: "system.invalidParams" | "system.invalidQuery",
  schema: StandardSchema,
  value: unknown,
): Promise<unknown> {
  const result = await validate(schema, value)
  if (result.problems) throw new ResError(code, undefined, { errors: result.problems.slice(0, MAX_PROBLEMS) })
  return result.value
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
  const details = { type: request.type, name: request.name, method: request.method }
  if (resError.code === "system.internalError")
    logger.error({ ...details, err: resError.cause ?? resError }, "a handler failed")
  else logger.debug({ ...details, code: resError.code }, "a request was refused")
  return resError
}
