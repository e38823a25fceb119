import type { IncomingMessage, ServerResponse } from "node:http"
import { encodeError } from "../client/decode.ts"
import { asResError, type CallAnswer, type ResponseMeta } from "../client/messages.ts"
import { isJson } from "../client/raw-json.ts"
import { ResError } from "../errors.ts"
import { gatewayError } from "../gateway-errors.ts"
import type { Logger } from "../logger.ts"
import { refusalToCall, refusalToGet } from "./access.ts"
import { encodeResource } from "./api-encoding.ts"
import type { Settings } from "./config.ts"
import { Connection, type ConnectionHost } from "./connection.ts"
import { encodeHttpParts } from "./http-parts.ts"
import { pathToRid, pathToRidAndMethod, type RequestPath, ridToPath } from "./http-path.ts"
import { sendEmpty, sendError, sendJson, sendStatus } from "./http-response.ts"
import { finalStatus, type HeaderMap, mergeHeader, mergeMeta } from "./meta.ts"
import { whenReady } from "./resource-node.ts"

const METHODS = ["GET", "HEAD", "OPTIONS", "POST"]

/** The outcome of a request. */
interface Outcome {
  /** JSON text; undefined: no content. */
  readonly body?: string | undefined
  /** The resource that a call answered with. */
  readonly rid?: string | undefined
  readonly error?: ResError | undefined
  readonly meta?: ResponseMeta | undefined
}

export interface HttpApiOptions {
  readonly settings: Settings
  readonly host: ConnectionHost
  readonly log: Logger
  readonly maxBodyBytes: number
  /** Called for each request, with its method. */
  readonly count: (httpMethod: string) => void
}

/**
 * Resources over HTTP: GET and HEAD fetch a resource, POST calls a method, and PUT, DELETE and PATCH call the methods that the
 * settings map them to.
 *
 * Source: Resgate 1.8.0, "HTTP API"; RES-Service protocol 1.2.3, "Meta object".
 */
export class HttpApi {
  readonly #options: HttpApiOptions
  readonly #settings: Settings
  readonly #allowedMethods: string

  constructor(options: HttpApiOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#allowedMethods = [...METHODS, ...options.settings.mappedMethods.keys()].join(", ")
  }

  handle(request: IncomingMessage, response: ServerResponse, path: RequestPath): void {
    const { origin } = request.headers
    const headers = this.#settings.origins.headers(origin)
    if (this.#settings.headerAuth) headers.set("Access-Control-Allow-Credentials", ["true"])
    const method = request.method ?? ""
    if (method === "OPTIONS") this.#answerOptions(request, response, headers)
    else if (!this.#settings.origins.allows(origin))
      sendError(response, headers, gatewayError("system.forbidden", "Forbidden origin"))
    else if (this.#isRebound(request)) sendError(response, headers, gatewayError("system.forbidden", "Forbidden host"))
    else if (path.source.length > this.#settings.apiPath.length && path.source.endsWith("/")) {
      sendError(response, headers, new ResError("system.notFound"))
    } else if (method === "GET" || method === "HEAD") this.#get(request, response, headers, path)
    else this.#call(request, response, headers, path)
  }

  /**
   * Whether a page may use DNS rebinding. A page that reads from its own host sends no `Origin`; every other request has one,
   * which was checked.
   */
  #isRebound({ method, headers: { origin, host = "" } }: IncomingMessage): boolean {
    return (method === "GET" || method === "HEAD") && origin === undefined && this.#settings.hosts.isForeign(host)
  }

  #answerOptions(request: IncomingMessage, response: ServerResponse, headers: HeaderMap): void {
    headers.set("Access-Control-Allow-Methods", [this.#allowedMethods])
    const asked = request.headers["access-control-request-headers"]
    if (asked !== undefined) headers.set("Access-Control-Allow-Headers", [asked])
    sendEmpty(response, 200, headers)
  }

  #get(request: IncomingMessage, response: ServerResponse, headers: HeaderMap, path: RequestPath): void {
    this.#options.count("GET")
    const rid = pathToRid(path, this.#settings.apiPath)
    if (rid === undefined) {
      sendError(response, headers, new ResError("system.notFound"))
      return
    }
    this.#perform(request, response, headers, (connection, done) => this.#getResource(connection, rid, done))
  }

  #getResource(connection: Connection, rid: string, done: (outcome: Outcome) => void): void {
    const subscription = connection.subscribe(rid)
    connection.services.access(subscription, (answer) => {
      const { meta } = answer
      const refusal = refusalToGet(answer)
      if (finalStatus(meta)) done({ error: answer.error, meta })
      else if (refusal) done({ error: refusal, meta })
      else {
        whenReady(subscription, () => {
          const { error } = subscription
          const { apiEncoding, apiPath } = this.#settings
          done(error ? { error, meta } : { body: encodeResource(subscription, apiEncoding, apiPath), meta })
        })
      }
    })
  }

  #call(request: IncomingMessage, response: ServerResponse, headers: HeaderMap, path: RequestPath): void {
    const target = this.#target(request.method ?? "", path)
    if (target === "notAllowed") {
      sendError(response, headers, gatewayError("system.methodNotAllowed"))
      return
    }
    this.#options.count(request.method ?? "")
    if (target === undefined) {
      sendError(response, headers, new ResError("system.notFound"))
      return
    }
    const { rid, method } = target
    readBody(request, this.#options.maxBodyBytes).then(
      (body) => {
        if (body === undefined) {
          const { maxBodyBytes } = this.#options
          const error = gatewayError("system.badRequest", `Request body is larger than ${maxBodyBytes} bytes`)
          // Resgate has no limit, so it has no code for this.
          sendJson(response, 413, headers, encodeError(error))
          return
        }
        const params = body.trim()
        if (params !== "" && !isJson(params)) {
          const message = "Error decoding request body: invalid JSON"
          sendError(response, headers, gatewayError("system.badRequest", message))
          return
        }
        this.#perform(request, response, headers, (connection, done) =>
          this.#callMethod(connection, rid, method, params === "" ? undefined : params, done),
        )
      },
      (error: unknown) => sendError(response, headers, asResError(error)),
    )
  }

  #target(httpMethod: string, path: RequestPath): { rid: string; method: string } | undefined | "notAllowed" {
    const { apiPath, mappedMethods } = this.#settings
    if (httpMethod === "POST") return pathToRidAndMethod(path, apiPath)
    const method = mappedMethods.get(httpMethod)
    if (method === undefined) return "notAllowed"
    const rid = pathToRid(path, apiPath)
    return rid === undefined ? undefined : { rid, method }
  }

  #callMethod(
    connection: Connection,
    rid: string,
    method: string,
    params: string | undefined,
    done: (outcome: Outcome) => void,
  ): void {
    const resource = connection.services.resource(rid)
    connection.services.access(resource, (access) => {
      const { meta } = access
      const refusal = refusalToCall(access, method)
      if (finalStatus(meta)) done({ error: access.error, meta })
      else if (refusal) done({ error: refusal, meta })
      else {
        connection.services.call(resource, method, params, (answer) => {
          done(callOutcome(answer, mergeMeta(meta, answer.meta)))
        })
      }
    })
  }

  /** Runs a request on a connection of its own, after the auth request if one is configured. */
  #perform(
    request: IncomingMessage,
    response: ServerResponse,
    headers: HeaderMap,
    task: (connection: Connection, done: (outcome: Outcome) => void) => void,
  ): void {
    const connection = new Connection(this.#options.host, encodeHttpParts(request))
    response.once("close", () => connection.dispose())
    let authMeta: ResponseMeta | undefined
    const done = (outcome: Outcome): void => {
      this.#respond(request, response, headers, { ...outcome, meta: mergeMeta(authMeta, outcome.meta) })
      connection.dispose()
    }
    const { headerAuth } = this.#settings
    connection.run(() => {
      if (!headerAuth) {
        task(connection, done)
        return
      }
      connection.services.auth(headerAuth.rid, headerAuth.method, undefined, (answer) => {
        const status = finalStatus(answer.meta)
        if (status === undefined) {
          authMeta = answer.meta
          task(connection, done)
          return
        }
        sendStatus(response, status, headers, answer.meta?.header, this.#hrefOrError(callOutcome(answer, answer.meta)))
        connection.dispose()
      })
    })
  }

  #respond(request: IncomingMessage, response: ServerResponse, headers: HeaderMap, outcome: Outcome): void {
    const { meta, error, rid, body } = outcome
    const status = finalStatus(meta)
    if (meta?.status !== undefined && status === undefined) {
      this.#options.log.warn({ status: meta.status }, "a service asked for a status that it may not set")
    }
    if (status !== undefined) {
      sendStatus(response, status, headers, meta?.header, this.#hrefOrError(outcome))
      return
    }
    mergeHeader(headers, meta?.header)
    if (error) sendError(response, headers, ofMethod(error, request.method ?? ""))
    else if (rid !== undefined) {
      headers.set("Location", [ridToPath(rid, this.#settings.apiPath)])
      sendEmpty(response, 200, headers)
    } else if (body !== undefined && body !== "") sendJson(response, 200, headers, body)
    else sendEmpty(response, 204, headers)
  }

  #hrefOrError({ rid, error }: Outcome): { href?: string | undefined; error?: ResError | undefined } {
    return { href: rid === undefined ? undefined : ridToPath(rid, this.#settings.apiPath), error }
  }
}

function callOutcome(answer: CallAnswer, meta: ResponseMeta | undefined): Outcome {
  if ("error" in answer) return { error: answer.error, meta }
  if (answer.rid !== undefined) return { rid: answer.rid, meta }
  return { body: answer.result === "null" ? undefined : answer.result, meta }
}

/** For a mapped HTTP method, a missing RES method means that the HTTP method is not allowed. */
function ofMethod(error: ResError, httpMethod: string): ResError {
  const mapped = httpMethod === "PUT" || httpMethod === "DELETE" || httpMethod === "PATCH"
  return mapped && error.code === "system.methodNotFound" ? gatewayError("system.methodNotAllowed") : error
}

/** The body; undefined if it is too large. The rest is then read and dropped, so that the client gets the answer. */
function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBytes) chunks.push(chunk)
      else {
        chunks.length = 0
        resolve(undefined)
      }
    })
    request.on("end", () => resolve(Buffer.concat(chunks).toString()))
    request.on("error", reject)
  })
}
