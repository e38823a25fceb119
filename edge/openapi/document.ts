import type { z } from "zod"
import { version } from "../../config/version.ts"
import type { ErrorCode } from "../../contract/errors.ts"
import { HistoryFilter } from "../../contract/history.ts"
import { producerHeaders } from "../../contract/producer.ts"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { SHARED_SESSION_STATUS, sharedSessionHeaders } from "../../contract/shared-session-headers.ts"
import { type Erased, shoppers } from "../../contract/shopwire.ts"
import { feed } from "../../contract/store.ts"
import { statusOfCode } from "../http/problem.ts"
import { Begin, beginAt } from "./begin.ts"
import {
  idempotencyKey,
  type JsonSchema,
  jsonSchema,
  ref,
  schemas,
  sharedSessionInHeader,
  uuidInHeader,
  uuidInPath,
  wholeNumber,
} from "./schemas.ts"
import type { Content, OpenApi, Operation, Parameter } from "./types.ts"

/** Answers that any request may get: of the checks before its route. */
const ANY_REQUEST = [400, 403, 429]
/** Answers to a body that is not read. */
const ANY_BODY = [413, 415, 422]
/** Answers about the caller. */
const ANY_CALLER = [401, 403]

/** What each problem means. */
const problemTexts: Readonly<Record<number, string>> = {
  400: "The request, a header or the JSON cannot be read.",
  401: "A token is needed, or the one that was sent is not valid.",
  403: "This caller, or the page that sends the request, may not do that.",
  404: "Not found.",
  409: "It contradicts an earlier request.",
  413: "The body, an event or the array is too large.",
  415: "The Content-Type is not application/json, or the Content-Encoding is unknown.",
  422: "A value is wrong: `errors` says which.",
  429: "Too many requests: try again after `Retry-After` seconds.",
  503: "Unavailable, or the outcome is unknown: try again after `Retry-After` seconds.",
}

/** Says when a request is a repetition, and which shared session its events belong to. */
const sender = [
  inHeader("Idempotency-Key", idempotencyKey, "The same key within 10 minutes stores once, and gets the same answer."),
  inHeader(
    producerHeaders.id,
    uuidInHeader,
    "With the two others: stored once for the life of the log. See docs/producers.md.",
  ),
  inHeader(producerHeaders.epoch, wholeNumber(0), "A higher one shuts out senders with lower ones."),
  inHeader(producerHeaders.seq, wholeNumber(1), "1, 2, 3 and so on: one for each request of the producer."),
  inHeader(
    sharedSessionHeaders.session,
    sharedSessionInHeader,
    "The shared session that the baskets belong to from then on; empty: none any more. See docs/publish.md.",
  ),
  inHeader(sharedSessionHeaders.name, { type: "string" }, "What the shopper is called there, percent-encoded."),
  inHeader(
    sharedSessionHeaders.invite,
    { type: "string" },
    "For a session that nobody may join without an invitation.",
  ),
]

/** What is told beside the body when events are stored. */
const stored = {
  "X-Event-Seq": { description: "Of one event: its sequence in the log.", schema: wholeNumber(0) },
  "Producer-Repeated": { description: "`true`: it was stored before.", schema: { type: "string" } },
  "Producer-Missing": { description: "Missing sequences, as in `7-8,11`.", schema: { type: "string" } },
  [SHARED_SESSION_STATUS]: {
    description: "If it is known already: `joined`, or why the shopper is no member of the shared session.",
    schema: { type: "string" },
  },
}

const shopIdInPath = inPath("shop_id", samplePublishEvent.shop_id)

/** Examples of answers; a test compares them with what is answered. */
const sent = { status: `Message sent to shop ID ${samplePublishEvent.shop_id}` }
const NEW_SESSION = "Vq3nK8sT0bXy5LwR2cZd"
const erased: Erased = {
  shops: 1,
  stream: 2,
  acknowledgements: 0,
  snapshots: 0,
  archive: null,
  annotations: 0,
  dead_letters: 0,
}
const begin = beginAt("http://127.0.0.1:8000", "http://127.0.0.1:8080")

/**
 * The HTTP doors of the edge as an OpenAPI document, for programs that make clients of it.
 *
 * Source: OpenAPI 3.1.1.
 */
export const openApi: OpenApi = {
  openapi: "3.1.1",
  info: {
    title: "shopwire",
    version,
    summary: "Live shop events",
    description:
      "Publish the basket actions of a shop's customers, follow them live, export them. With AUTH set up, a request needs a token.",
    license: { name: "MIT", identifier: "MIT" },
  },
  servers: [{ url: "/" }],
  security: [{}, { bearer: [] }],
  paths: {
    "/publish/{shop_id}": {
      post: {
        operationId: "publish",
        summary: "Store events of a shop, and show them",
        description:
          "One event, or an array, which is stored as a whole or not at all. The answer comes after JetStream has stored it. Some values " +
          "may be less exact than the schema says: see docs/publish.md.",
        parameters: [shopIdInPath, ...sender],
        requestBody: body({ oneOf: [ref("Event"), ref("Events")] }, samplePublishEvent),
        responses: {
          "200": {
            description: "Stored.",
            headers: stored,
            content: json({ oneOf: [ref("Sent"), ref("SentList")] }, sent),
          },
          ...problems(...ANY_REQUEST, ...ANY_CALLER, ...ANY_BODY, ...statusesOf(feed.definition.calls.publish.errors)),
        },
      },
    },
    "/send": {
      post: {
        operationId: "send",
        summary: "Store one event, of the shop that it names",
        parameters: sender,
        requestBody: body(ref("Event"), samplePublishEvent),
        responses: {
          "200": {
            description: "Stored.",
            headers: stored,
            content: json(ref("Sent"), sent),
          },
          ...problems(...ANY_REQUEST, ...ANY_CALLER, ...ANY_BODY, ...statusesOf(feed.definition.calls.publish.errors)),
        },
      },
    },
    "/stream/{shop_id}": {
      get: {
        operationId: "stream",
        summary: "Follow a shop's events as Server-Sent Events",
        description:
          "Events named `action`, with the sequence as `id` and the event as JSON in `data`. It begins now, or after " +
          "`Last-Event-ID` without a gap or a repetition. It ends when the client leaves.",
        parameters: [
          shopIdInPath,
          inHeader("Last-Event-ID", { type: "string" }, "The `id` of the last event that was received."),
          inQuery("last_event_id", { type: "string" }, "The same, for clients that cannot set headers."),
          inQuery("replay", wholeNumber(0, 100), "How many of the newest events come first."),
        ],
        responses: {
          "200": { description: "The events.", content: { "text/event-stream": { schema: { type: "string" } } } },
          ...problems(...ANY_REQUEST, ...ANY_CALLER, 422, 503),
        },
      },
    },
    "/export/{shop_id}": {
      get: {
        operationId: "export",
        summary: "All of a shop's events until now, oldest first",
        parameters: [
          shopIdInPath,
          inQuery("format", { enum: ["ndjson", "csv"], default: "ndjson" }),
          inQuery("bom", { enum: ["0", "1"], default: "0" }, "With `1` CSV begins with a byte order mark."),
          ...inQueryOf(HistoryFilter),
        ],
        responses: {
          "200": {
            description: "The events. An export that fails is cut off.",
            content: {
              "application/x-ndjson": { schema: { type: "string" } },
              "text/csv": { schema: { type: "string" } },
            },
          },
          ...problems(...ANY_REQUEST, ...ANY_CALLER, 422, 503),
        },
      },
    },
    "/sessions": {
      post: {
        operationId: "newSession",
        summary: "An unguessable ID for a shared session",
        description: "Nothing is stored: a session begins when somebody starts it.",
        requestBody: {
          required: false,
          content: json(
            {
              type: "object",
              properties: { page: { type: "string", format: "iri", maxLength: 2000, pattern: "^https?://" } },
            },
            { page: "https://shop.example/" },
          ),
        },
        responses: {
          "201": {
            description: "The ID; with a `page` in the body an invite link to that page, too.",
            content: json(
              {
                type: "object",
                properties: { id: { type: "string" }, url: { type: "string", format: "iri" } },
                required: ["id"],
              },
              { id: NEW_SESSION, url: `https://shop.example/?buddyshoppingId=${NEW_SESSION}` },
            ),
          },
          ...problems(...ANY_REQUEST, ...ANY_BODY),
        },
      },
    },
    "/shoppers/{shopper_id}": {
      delete: {
        operationId: "eraseShopper",
        summary: "Erase a person from all stored and shown data",
        description: "After any other answer than 200 some data may be left: repeat the request.",
        parameters: [inPath("shopper_id", samplePublishEvent.shopper_id)],
        responses: {
          "200": {
            description: "How much was removed where; zeros when repeated.",
            content: json(ref("Erased"), erased),
          },
          ...problems(...ANY_REQUEST, ...ANY_CALLER, 422, ...statusesOf(shoppers.definition.calls.erase.errors)),
        },
      },
    },
    "/healthz": {
      get: {
        operationId: "isAlive",
        summary: "Whether this edge takes requests",
        security: [],
        responses: onOff("It does.", "It stops.", { alive: true }),
      },
    },
    "/readyz": {
      get: {
        operationId: "isReady",
        summary: "Whether a publish would be stored now",
        security: [],
        responses: onOff("It would.", "It would not: the body says what is missing.", {
          ready: true,
          nats: true,
          service: true,
        }),
      },
    },
    "/config.json": {
      get: {
        operationId: "config",
        summary: "Where pages find the gateway, and how people sign in",
        security: [],
        responses: {
          "200": {
            description: "The configuration.",
            content: json(
              {
                type: "object",
                properties: {
                  gateway: { type: "string", format: "uri" },
                  auth: { type: "object", properties: { kind: { type: "string" } }, required: ["kind"] },
                },
                required: ["gateway", "auth"],
              },
              { gateway: "ws://127.0.0.1:8080", auth: { kind: "none" } },
            ),
          },
          ...problems(400, 429),
        },
      },
    },
    "/api": {
      get: {
        operationId: "api",
        summary: "Where to begin: the documents, and the gateway",
        security: [],
        responses: {
          "200": { description: "Addresses.", content: json(jsonSchema(Begin), begin) },
          ...problems(400, 429),
        },
      },
    },
    "/docs": {
      get: {
        operationId: "docs",
        summary: "This document as a page",
        security: [],
        responses: {
          "200": { description: "The page.", content: { "text/html": { schema: { type: "string" } } } },
          ...problems(400, 429),
        },
      },
    },
    "/openapi.json": {
      get: {
        operationId: "openApi",
        summary: "This document",
        security: [],
        responses: { "200": { description: "OpenAPI 3.1.", content: json({ type: "object" }) }, ...problems(400, 429) },
      },
    },
    "/asyncapi.json": {
      get: {
        operationId: "asyncApi",
        summary: "Messages outside of HTTP: the old WebSocket, events, NATS, RES resources",
        security: [],
        responses: {
          "200": { description: "AsyncAPI 3.0.", content: json({ type: "object" }) },
          ...problems(400, 429),
        },
      },
    },
  },
  components: {
    schemas,
    securitySchemes: {
      bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "Of Firebase, or as AUTH says." },
    },
  },
}

function inPath(name: string, example: string): Parameter {
  return { name, in: "path", required: true, schema: uuidInPath, description: "A UUID version 4.", example }
}

function inHeader(name: string, schema: JsonSchema, description: string): Parameter {
  return { name, in: "header", required: false, schema, description }
}

function inQuery(name: string, schema: JsonSchema, description?: string): Parameter {
  return { name, in: "query", required: false, schema, ...(description === undefined ? {} : { description }) }
}

function inQueryOf(filter: z.ZodType): Parameter[] {
  const { properties } = jsonSchema(filter) as { readonly properties: Readonly<Record<string, JsonSchema>> }
  return Object.entries(properties).map(([name, schema]) => inQuery(name, schema))
}

function body(schema: JsonSchema, example: object): NonNullable<Operation["requestBody"]> {
  return { required: true, content: json(schema, example) }
}

function json(schema: JsonSchema, example?: object): Content {
  return { "application/json": { schema, ...(example === undefined ? {} : { example }) } }
}

function problems(...statuses: readonly number[]): Operation["responses"] {
  const content = { "application/problem+json": { schema: ref("Problem") } }
  const sorted = [...new Set(statuses)].sort((a, b) => a - b)
  return Object.fromEntries(
    sorted.map((status) => [`${status}`, { description: problemTexts[status] ?? "Something went wrong.", content }]),
  )
}

/** A health check: the same members with 200 and 503. */
function onOff(on: string, off: string, example: Readonly<Record<string, true>>): Operation["responses"] {
  const names = Object.keys(example)
  const properties = Object.fromEntries(names.map((name) => [name, { type: "boolean" }]))
  const schema = { type: "object", properties, required: names }
  return {
    "200": { description: on, content: json(schema, example) },
    "503": { description: off, content: json(schema) },
  }
}

/** The statuses of these errors. */
function statusesOf(codes: readonly ErrorCode[]): number[] {
  return codes.map((code) => statusOfCode[code])
}
