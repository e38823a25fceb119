import type { JsonSchema } from "res-service/contract"
import { z } from "zod"

/** A payload as AsyncAPI 3 has it: JSON Schema, draft 7, which must be an object. */
export function payloadOf(schema: JsonSchema): object {
  return schema === true ? {} : schema
}

/** A message of a channel. */
export interface Message {
  readonly name: string
  readonly summary?: string
  readonly payload?: object
  readonly examples?: readonly { readonly payload: unknown }[]
}

/** A channel: an address, and the messages that pass there. */
export interface Channel {
  readonly address: string
  readonly title: string
  readonly description?: string
  readonly servers: readonly { readonly $ref: string }[]
  readonly parameters?: Readonly<Record<string, { readonly description: string }>>
  readonly messages: Readonly<Record<string, Message>>
}

/** Something that the product does: it receives messages, or sends them. */
export interface Operation {
  readonly action: "receive" | "send"
  readonly channel: { readonly $ref: string }
  readonly summary: string
  readonly messages: readonly { readonly $ref: string }[]
  readonly reply?: {
    readonly channel: { readonly $ref: string }
    readonly messages: readonly { readonly $ref: string }[]
  }
  /** The codes of errors with which it may be answered. */
  readonly "x-errors"?: readonly string[]
}

/** A part of the document. */
export interface Section {
  readonly channels: Readonly<Record<string, Channel>>
  readonly operations: Readonly<Record<string, Operation>>
}

/** A schema of zod as JSON Schema. */
export function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" })
  return rest
}

export function toChannel(channel: string): { readonly $ref: string } {
  return { $ref: `#/channels/${escaped(channel)}` }
}

export function toMessage(channel: string, message: string): { readonly $ref: string } {
  return { $ref: `#/channels/${escaped(channel)}/messages/${escaped(message)}` }
}

export function toServer(server: string): { readonly $ref: string } {
  return { $ref: `#/servers/${server}` }
}

/** Examples as a message has them; none: no member. */
export function withExamples(payloads: readonly unknown[]): Pick<Message, "examples"> {
  return payloads.length === 0 ? {} : { examples: payloads.map((payload) => ({ payload })) }
}

/** Source: RFC 6901, "Syntax". */
function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1")
}
