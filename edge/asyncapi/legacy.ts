import type { z } from "zod"
import { clientPayloads, legacyErrors, serverPayloads } from "../../contract/legacy.ts"
import { legacyExamples } from "../../contract/legacy-examples.ts"
import { SESSION_ID_RULE } from "../../contract/session-id.ts"
import { type Message, type Section, schemaOf, toChannel, toMessage, toServer, withExamples } from "./messages.ts"

const CHANNEL = "session"

const told = legacyExamples.flatMap(({ answer, other }) => [answer, ...(other === undefined ? [] : [other.told])])

/** The old storefronts' WebSocket. */
export const legacySection: Section = {
  channels: {
    [CHANNEL]: {
      address: "/{sessionId}",
      title: "The old storefronts' WebSocket",
      description:
        "Text frames with a JSON object { event, payload }. After each accepted message but ping every socket of the session gets " +
        "multicartUpdate, the sender after its reply. A refused one is answered with error, and the socket stays open. See docs/legacy.md.",
      servers: [toServer("edge")],
      parameters: { sessionId: { description: SESSION_ID_RULE } },
      messages: {
        ...messagesOf(
          "client",
          clientPayloads,
          legacyExamples.map(({ sends }) => sends),
        ),
        ...messagesOf("server", serverPayloads, told),
      },
    },
  },
  operations: {
    ...Object.fromEntries(
      Object.keys(clientPayloads).map((event) => {
        const answers = legacyExamples.filter(({ sends }) => sends.event === event).map(({ answer }) => answer.event)
        return [
          `session.${event}`,
          {
            action: "receive" as const,
            channel: toChannel(CHANNEL),
            summary: `A page sends ${event}`,
            messages: [toMessage(CHANNEL, `client.${event}`)],
            reply: {
              channel: toChannel(CHANNEL),
              messages: [...new Set([...answers, "error"])].map((answer) => toMessage(CHANNEL, `server.${answer}`)),
            },
            "x-errors": Object.keys(legacyErrors),
          },
        ]
      }),
    ),
    "session.messages": {
      action: "send",
      channel: toChannel(CHANNEL),
      summary: "What pages are told",
      messages: Object.keys(serverPayloads).map((event) => toMessage(CHANNEL, `server.${event}`)),
    },
  },
}

function messagesOf(
  sender: "client" | "server",
  payloads: Readonly<Record<string, z.ZodType>>,
  examples: readonly { readonly event: string }[],
): Record<string, Message> {
  return Object.fromEntries(
    Object.entries(payloads).map(([event, payload]) => {
      const hasPayload = payload.type !== "undefined"
      return [
        `${sender}.${event}`,
        {
          name: event,
          payload: {
            type: "object",
            properties: { event: { const: event }, ...(hasPayload ? { payload: schemaOf(payload) } : {}) },
            required: ["event", ...(hasPayload ? ["payload"] : [])],
          },
          ...withExamples(examples.filter((example) => example.event === event)),
        },
      ]
    }),
  )
}
