import type { AnyContract, Description, MethodDescription } from "res-service/contract"
import { type Example, examples } from "../../contract/examples.ts"
import { resources } from "../../contract/resources.ts"
import {
  type Channel,
  type Message,
  type Operation,
  payloadOf,
  type Section,
  toChannel,
  toMessage,
  toServer,
  withExamples,
} from "./messages.ts"

const index = { type: "integer", minimum: 0 }
const reference = { type: "object", properties: { rid: { type: "string" } }, required: ["rid"] }

/** Source: RES-Service protocol 1.2.3, "Model change event". */
const modelEvents: Record<string, Message> = {
  "event.change": { name: "change", summary: "Changed properties", payload: { type: "object" } },
}

/** The RES resources, as their contracts declare them: a channel each, for programs at the gateway or on NATS. */
export const resourcesSection: Section = {
  channels: Object.fromEntries(resources.map((contract) => [channelId(contract), channelOf(contract)])),
  operations: Object.fromEntries(resources.flatMap((contract) => Object.entries(operationsOf(contract)))),
}

function channelOf(contract: AnyContract): Channel {
  const { kind, pattern, parts } = contract.describe("draft-07")
  const names = pattern.split(".").filter((part) => part.startsWith("$"))
  return {
    address: pattern.replaceAll(/\$(\w+)/g, "{$1}"),
    title: `RES ${kind} ${pattern}`,
    servers: [toServer("gateway"), toServer("nats")],
    ...(names.length === 0
      ? {}
      : {
          parameters: Object.fromEntries(
            names.map((name) => [name.slice(1), { description: partText(parts[name.slice(1)]) }]),
          ),
        }),
    messages: messagesOf(contract),
  }
}

function partText(schema: object | true | undefined): string {
  if (typeof schema !== "object") return "A part of a resource name"
  const { format, pattern } = schema as { readonly format?: string; readonly pattern?: string }
  return format === undefined ? `Matches ${pattern ?? "a part of a resource name"}` : `A ${format}`
}

function messagesOf(contract: AnyContract): Record<string, Message> {
  const own = examples.filter((example) => example.contract === contract)
  const { kind, query, calls, auth, events, ...described } = contract.describe("draft-07")
  const value = described.value === undefined || "refersTo" in Object(described.value) ? reference : described.value
  const got = own.filter((example) => example.kind === "get")
  const messages: Record<string, Message> = {}
  if (described.value !== undefined) {
    messages.get = {
      name: "get",
      ...(query === undefined ? {} : { summary: "With its query", payload: payloadOf(query) }),
      ...withExamples(got.flatMap((example) => (example.query === undefined ? [] : [example.query]))),
    }
    messages.content = {
      name: "content",
      payload: kind === "model" ? payloadOf(value) : { type: "array", items: value },
      ...withExamples(got.map(({ answer }) => answer)),
    }
    Object.assign(messages, kind === "model" ? modelEvents : collectionEvents(value))
  }
  for (const [type, methods] of [
    ["call", calls],
    ["auth", auth],
  ] as const) {
    for (const [method, declared] of Object.entries(methods)) {
      const sent = own.filter((example) => example.kind === type && example.method === method)
      Object.assign(messages, methodMessages(type, method, declared, sent))
    }
  }
  for (const [event, payload] of Object.entries(events))
    messages[`event.${event}`] = { name: event, payload: payloadOf(payload) }
  return messages
}

/** Source: RES-Service protocol 1.2.3, "Collection add event", "Collection remove event". */
function collectionEvents(value: object | true): Record<string, Message> {
  return {
    "event.add": {
      name: "add",
      payload: { type: "object", properties: { idx: index, value }, required: ["idx", "value"] },
    },
    "event.remove": { name: "remove", payload: { type: "object", properties: { idx: index }, required: ["idx"] } },
  }
}

function methodMessages(
  type: "call" | "auth",
  method: string,
  { params, answer }: MethodDescription,
  sent: readonly Example[],
): Record<string, Message> {
  return {
    [`${type}.${method}`]: {
      name: method,
      ...(params === undefined ? {} : { payload: payloadOf(params) }),
      ...withExamples(sent.flatMap((example) => (example.params === undefined ? [] : [example.params]))),
    },
    [`${type}.${method}.answer`]: {
      name: `${method}.answer`,
      payload: payloadOf(answer ?? { type: "null" }),
      ...withExamples(sent.map((example) => example.answer)),
    },
  }
}

function operationsOf(contract: AnyContract): Record<string, Operation> {
  const id = channelId(contract)
  const { value, errors, calls, auth, events, kind }: Description = contract.describe("draft-07")
  const asked = (request: string, answer: string, codes: readonly string[], summary: string): Operation => ({
    action: "receive",
    channel: toChannel(id),
    summary,
    messages: [toMessage(id, request)],
    reply: { channel: toChannel(id), messages: [toMessage(id, answer)] },
    "x-errors": codes,
  })
  const operations: Record<string, Operation> = {}
  if (value !== undefined)
    operations[`${id}.get`] = asked("get", "content", errors, "A client gets or subscribes to it")
  for (const [type, methods] of [
    ["call", calls],
    ["auth", auth],
  ] as const) {
    for (const [method, declared] of Object.entries(methods)) {
      const request = `${type}.${method}`
      operations[`${id}.${request}`] = asked(request, `${request}.answer`, declared.errors, `A client calls ${method}`)
    }
  }
  const own = value === undefined ? [] : kind === "model" ? ["change"] : ["add", "remove"]
  const sent = [...own, ...Object.keys(events)].map((event) => toMessage(id, `event.${event}`))
  if (sent.length > 0) {
    operations[`${id}.events`] = {
      action: "send",
      channel: toChannel(id),
      summary: "Subscribers get its events, if it changes",
      messages: sent,
    }
  }
  return operations
}

/** As in `store.shop_id.feed`. */
function channelId({ pattern }: AnyContract): string {
  return pattern.source.replaceAll("$", "")
}
