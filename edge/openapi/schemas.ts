import { z } from "zod"
import { MAX_BATCH_EVENTS } from "../../contract/limits.ts"
import { IdempotencyKey, PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import { SESSION_ID } from "../../contract/session-id.ts"
import { SharedSession } from "../../contract/shared-session.ts"
import { Erased } from "../../contract/shopwire.ts"

/** A schema as OpenAPI 3.1 has it: JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A UUID as a path may have it: with dashes or without, in any case. */
const PATH_UUID = uuidPattern("4[0-9a-fA-F]{3}", "[89abAB][0-9a-fA-F]{3}")

/** The schema of what a client may send. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })
  return rest
}

/** Of any version. */
const HEADER_UUID = uuidPattern("[0-9a-fA-F]{4}", "[0-9a-fA-F]{4}")

export const uuidInHeader: JsonSchema = { type: "string", pattern: HEADER_UUID }
export const uuidInPath: JsonSchema = { type: "string", pattern: PATH_UUID }
export const idempotencyKey = jsonSchema(IdempotencyKey)

/** A session's ID; empty: none any more. */
export const sharedSessionInHeader: JsonSchema = { type: "string", pattern: `^$|${SESSION_ID.source}` }

/** A whole number. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): JsonSchema {
  return { type: "integer", minimum, maximum }
}

/** `components.schemas` of the document. */
export const schemas = {
  Event: jsonSchema(PublishEvent.extend({ shared_session: SharedSession })),
  ShownEvent: jsonSchema(ShownEvent),
  Events: {
    type: "array",
    items: { $ref: "#/components/schemas/Event" },
    minItems: 1,
    maxItems: MAX_BATCH_EVENTS,
  },
  Sent: {
    type: "object",
    properties: {
      status: { type: "string", examples: ["Message sent to shop ID 123e4567-e89b-42d3-a456-426614174000"] },
      missing: {
        type: "array",
        items: wholeNumber(1),
        maxItems: 100,
        description: "Only for a producer with gaps: the first sequences that are missing.",
      },
    },
    required: ["status"],
  },
  SentList: {
    type: "array",
    items: {
      type: "object",
      properties: { status: { type: "string" }, seq: wholeNumber(0) },
      required: ["status", "seq"],
    },
  },
  Problem: {
    type: "object",
    description: "RFC 9457, with one entry in `errors` for each part of the request that is wrong.",
    properties: {
      type: { type: "string", format: "uri-reference" },
      title: { type: "string" },
      status: { type: "integer" },
      detail: { type: "string" },
      request_id: { type: "string" },
      code: { type: "string", description: "The service's error code, if the service refused: see docs/errors.md." },
      errors: {
        type: "array",
        items: {
          type: "object",
          properties: {
            pointer: { type: "string", description: "In the body: RFC 6901, as a URI fragment." },
            parameter: { type: "string", description: "In the path or the query." },
            header: { type: "string" },
            detail: { type: "string" },
          },
          required: ["detail"],
        },
      },
    },
    required: ["type", "title", "status", "detail", "request_id"],
  },
  Erased: jsonSchema(Erased),
} as const satisfies Readonly<Record<string, JsonSchema>>

/** With all dashes, or without any. @param third the third group, with the version @param fourth the fourth, with the variant */
function uuidPattern(third: string, fourth: string): string {
  const groups = ["[0-9a-fA-F]{8}", "[0-9a-fA-F]{4}", third, fourth, "[0-9a-fA-F]{12}"]
  return `^(${groups.join("-")}|${groups.join("")})$`
}

export function ref(name: keyof typeof schemas): JsonSchema {
  return { $ref: `#/components/schemas/${name}` }
}
