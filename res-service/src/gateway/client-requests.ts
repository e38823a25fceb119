import { encodeError, Fields } from "../client/decode.ts"
import { asResError, type CallAnswer } from "../client/messages.ts"
import { compact, quote } from "../client/raw-json.ts"
import { ResError } from "../errors.ts"
import { isValidPart, isValidRid } from "../rid.ts"
import { AccessCheck } from "./access-check.ts"
import type { ClientSubscription } from "./client-subscription.ts"
import type { Connection } from "./connection.ts"
import { Frame } from "./frame.ts"
import { PROTOCOL_VERSION, parseVersion, resourceResponseVersion } from "./protocol-version.ts"
import { whenReady } from "./resource-node.ts"
import { ResourceSet } from "./resource-set.ts"

/** Request types in the metrics. */
export type RequestKind = "get" | "subscribe" | "unsubscribe" | "call" | "auth"

/** Sends the outcome of a request: the result as JSON text, undefined for none, or an error. */
type Reply = (outcome: string | undefined | ResError) => void

interface Request {
  readonly connection: Connection
  readonly rid: string
  readonly method: string
  /** JSON text. */
  readonly params: string | undefined
  readonly reply: Reply
}

/**
 * Handles one message of a client. A message without a whole number as its ID is ignored, as it cannot be answered.
 *
 * Source: RES-Client protocol 1.2.3, "Requests".
 */
export function handleMessage(connection: Connection, text: string, count: (kind: RequestKind) => void): void {
  let id: string | undefined
  let method: string
  let params: string | undefined
  try {
    const fields = Fields.parse(text)
    id = fields.raw("id")
    method = fields.string("method") ?? ""
    params = fields.raw("params")
  } catch {
    return
  }
  if (id === undefined || !isUint64(id)) return
  const reply: Reply = (outcome) => connection.send(encodeReply(id, outcome))
  try {
    dispatch(connection, method, params, reply, count)
  } catch (error) {
    reply(asResError(error))
  }
}

function dispatch(
  connection: Connection,
  text: string,
  params: string | undefined,
  reply: Reply,
  count: (kind: RequestKind) => void,
): void {
  if (text === "version") {
    reply(negotiate(connection, params))
    return
  }
  const request = parse(connection, text, params, reply)
  if (!request) throw new ResError("system.invalidRequest")
  const { type } = request
  switch (type) {
    case "get":
      count(type)
      // A resource that failed stays subscribed, as with Resgate.
      fetch(request, (error) => error !== undefined)
      break
    case "subscribe":
      count(type)
      fetch(request, (error) => error === undefined)
      break
    case "unsubscribe": {
      const amount = unsubscribeCount(params)
      count(type)
      unsubscribe(request, amount)
      break
    }
    case "call":
      count(type)
      call(request, request.method, (answer) => replyToCall(request, answer))
      break
    case "new":
      count("call")
      call(request, "new", (answer) => replyToNew(request, answer))
      break
    case "auth":
      count(type)
      connection.services.auth(request.rid, request.method, params ?? "null", (answer) => replyToCall(request, answer))
      break
    default:
      throw new ResError("system.invalidRequest")
  }
}

/** Splits `<type>.<rid>` or `<type>.<rid>.<method>`; undefined for anything else. */
function parse(
  connection: Connection,
  text: string,
  params: string | undefined,
  reply: Reply,
): (Request & { type: string }) | undefined {
  const dot = text.indexOf(".")
  if (dot === -1) return undefined
  const type = text.slice(0, dot)
  let rid = text.slice(dot + 1)
  let method = ""
  if (type === "call" || type === "auth") {
    const last = rid.lastIndexOf(".")
    if (last === -1) return undefined
    method = rid.slice(last + 1)
    rid = rid.slice(0, last)
    if (!isValidPart(method)) return undefined
  }
  return isValidRid(rid) ? { connection, type, rid, method, params, reply } : undefined
}

/** Source: RES-Client protocol 1.2.3, "Version request". */
function negotiate(connection: Connection, params: string | undefined): string {
  let protocol: string | undefined
  try {
    protocol = params === undefined ? undefined : Fields.of(params).string("protocol")
  } catch {
    throw new ResError("system.invalidParams")
  }
  if (protocol) connection.version = parseVersion(protocol)
  return `{"protocol":"${PROTOCOL_VERSION}"}`
}

/**
 * Subscribes, and replies with the resource and all that it refers to. `keeps` gets the error if the resource could not be
 * loaded, and decides whether the client stays subscribed.
 */
function fetch({ connection, rid, reply }: Request, keeps: (error: ResError | undefined) => boolean): void {
  load(connection, rid, (subscription, refusal) => {
    const error = refusal ?? subscription.error
    const set = new ResourceSet(connection.legacy)
    if (error === undefined) subscription.collect(set)
    reply(error ?? set.encode())
    // Before events that were held back are sent: a client that has only got the resource does not expect them.
    if (!refusal && !keeps(error)) connection.dropDirect(subscription, 1)
    set.release()
  })
}

/**
 * Subscribes, and calls `onLoaded` when the resource is loaded, or with a refusal if the client may not see it, which ends the
 * subscription.
 */
function load(
  connection: Connection,
  rid: string,
  onLoaded: (subscription: ClientSubscription, refusal: ResError | undefined) => void,
): void {
  const subscription = connection.subscribe(rid)
  subscription.access.canGet((refusal) => {
    if (refusal) {
      onLoaded(subscription, refusal)
      connection.dropDirect(subscription, 1)
    } else whenReady(subscription, () => onLoaded(subscription, undefined))
  })
}

function unsubscribe({ connection, rid, reply }: Request, count: number): void {
  const subscription = connection.find(rid)
  if (!subscription || subscription.direct < count) throw new ResError("system.noSubscription")
  connection.dropDirect(subscription, count)
  reply(undefined)
}

function unsubscribeCount(params: string | undefined): number {
  if (params === undefined) return 1
  let count: number
  try {
    count = Fields.of(params).int("count") ?? 1
  } catch {
    throw new ResError("system.invalidParams")
  }
  if (count <= 0) throw new ResError("system.invalidParams")
  return count
}

function call({ connection, rid, params }: Request, method: string, onAnswer: (answer: CallAnswer) => void): void {
  const { services } = connection
  const access = connection.find(rid)?.access ?? new AccessCheck(services, services.resource(rid))
  access.canCall(method, services.countUnderWay(params?.length ?? 0), (error) => {
    if (error) onAnswer({ error })
    else services.call(access.resource, method, params, onAnswer)
  })
}

function replyToCall(request: Request, answer: CallAnswer): void {
  const legacy = request.connection.version < resourceResponseVersion
  if ("error" in answer) request.reply(answer.error)
  else if (answer.rid !== undefined) {
    if (legacy) request.reply(`{"rid":${quote(answer.rid)}}`)
    else replyWithResource(request, answer.rid)
  } else request.reply(legacy ? compact(answer.result) : `{"payload":${compact(answer.result)}}`)
}

/** Source: RES-Client protocol 1.2.3, "New resource request". */
function replyToNew(request: Request, answer: CallAnswer): void {
  if ("error" in answer) request.reply(answer.error)
  else if (answer.rid !== undefined) replyWithResource(request, answer.rid)
  else request.reply(new ResError("system.internalError", "Internal error: non-resource response on new request"))
}

/**
 * Answers a call that created or found a resource: the client is subscribed to it. Errors from here on are not errors of the
 * call.
 */
function replyWithResource({ connection, reply }: Request, rid: string): void {
  const encode = (set: ResourceSet): string => {
    const members = set.encodeMembers()
    return `{"rid":${quote(rid)}${members === "" ? "" : `,${members}`}}`
  }
  try {
    load(connection, rid, (subscription, refusal) => {
      const set = new ResourceSet(connection.legacy)
      if (refusal) set.addError(rid, refusal)
      else subscription.collect(set)
      reply(encode(set))
      set.release()
    })
  } catch (error) {
    reply(asResError(error))
  }
}

function encodeReply(id: string, outcome: string | undefined | ResError): Frame {
  if (outcome instanceof ResError) return new Frame(`{"error":${encodeError(outcome)},"id":${id}}`)
  return new Frame(outcome === undefined ? `{"id":${id}}` : `{"result":${outcome},"id":${id}}`)
}

/** IDs are sent back unchanged, so any 64-bit number is accepted. */
function isUint64(raw: string): boolean {
  return /^\d{1,20}$/.test(raw) && BigInt(raw) < 2n ** 64n
}
