import fc from "fast-check"
import { createInbox, headers, type NatsConnection } from "nats"
import { until } from "../helpers/until.ts"
import { ANSWER_MS, type Door, defect, type Target } from "./door.ts"
import { anySide, asText, oddCall, oddEvent, oddText, oddValue } from "./inputs.ts"

/** A message on NATS. */
export interface MessageInput {
  readonly subject: string
  readonly payload: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A subject that NATS takes. */
function subjectOf(text: string): string {
  return text
    .replaceAll(/[^!-~]/g, "_")
    .replaceAll(/\.{2,}/g, ".")
    .replaceAll(/^\.|\.$/g, "_")
    .replaceAll(/[*>]/g, "_")
    .slice(0, 500)
}

const requests: fc.Arbitrary<MessageInput> = fc
  .tuple(
    fc.constantFrom("call", "call", "call", "get", "access", "auth"),
    oddCall,
    fc.dictionary(
      fc.constantFrom("cid", "token", "query", "isHttp", "header", "host", "uri", "remoteAddr", "__proto__"),
      oddValue,
      { maxKeys: 4 },
    ),
    fc.oneof(
      { weight: 9, arbitrary: fc.constant("") },
      { weight: 1, arbitrary: fc.oneof(oddText, oddValue.map(asText)) },
    ),
  )
  .map(([type, { name, query, method, params }, fields, junk]) => ({
    subject: subjectOf(`${type}.${name}${type === "call" || type === "auth" ? `.${method}` : ""}`),
    payload: junk === "" ? asText({ cid: "fuzz", token: null, query, params, ...fields }) : junk,
  }))

/** RES requests straight to the service. */
export function requestDoor({ nats, auth }: Target): Door<MessageInput> {
  const name = "RES on NATS"
  const inbox = createInbox()
  const waiting = new Map<string, MessageInput>()
  let wrong: Error | undefined
  let count = 0
  const subscription = nats.subscribe(`${inbox}.*`, {
    callback: (_, msg) => {
      const text = msg.string()
      if (text.startsWith("timeout:")) return
      const input = waiting.get(msg.subject)
      if (auth !== undefined && text.includes(auth.secret) && !isGet(input))
        wrong = defect(name, input, `showed the secret: ${text}`)
      waiting.delete(msg.subject)
      if (text === "" && msg.headers?.code === 503) return // nobody answers for that name
      const answer = JSON.parse(text)
      const kinds = Object.keys(answer).filter((key) => key !== "meta")
      const code = answer.error?.code
      if (
        kinds.length !== 1 ||
        !/^(?:result|resource|error)$/.test(kinds[0] ?? "") ||
        code === "system.internalError" ||
        code === "system.timeout"
      )
        wrong = defect(name, input, `answered ${text.slice(0, 500)}`)
    },
  })
  return {
    name,
    inputs: requests,
    regressions: [],
    send: async (inputs) => {
      for (const input of inputs) {
        const reply = `${inbox}.${count++}`
        waiting.set(reply, input)
        const token = auth === undefined ? "null" : JSON.stringify({ bearer: auth.attacker })
        nats.publish(input.subject, input.payload.replace('"token":null', `"token":${token}`), { reply })
      }
      try {
        await until("the service's answers", () => waiting.size === 0 || wrong !== undefined, ANSWER_MS)
      } catch {
        throw defect(name, [...waiting.values()], "no answer")
      }
      if (wrong !== undefined) throw wrong
    },
    close: async () => subscription.unsubscribe(),
  }
}

/** Gateways ask for access before they get: on NATS itself a get is answered to whoever may send it. */
function isGet(input: MessageInput | undefined): boolean {
  return input?.subject.startsWith("get.") === true
}

const messages: fc.Arbitrary<MessageInput> = fc
  .tuple(
    anySide,
    fc.oneof({ weight: 4, arbitrary: fc.constant("") }, { weight: 1, arbitrary: oddText }),
    fc.oneof(
      { weight: 3, arbitrary: oddEvent.map(asText) },
      { weight: 1, arbitrary: oddText },
      { weight: 1, arbitrary: oddValue.map(asText) },
    ),
    // Not those of batches: whoever begins some and leaves them holds up other batches, as SECURITY.md says.
    fc.dictionary(
      fc.constantFrom(
        "Nats-Rollup",
        "Nats-TTL",
        "Nats-Expected-Last-Sequence",
        "Nats-Expected-Stream",
        "KV-Operation",
        "Shopwire-Content-Hash",
      ),
      fc.constantFrom("all", "sub", "0", "1", "-1", "1h", "UPDATES", "none", "PURGE"),
      { maxKeys: 2 },
    ),
  )
  .map(([{ shopId }, other, payload, given]) => ({
    subject: other === "" ? `updates.store.${shopId}` : `updates.store.${subjectOf(other).replaceAll(".", "_")}`,
    payload,
    headers: given,
  }))

/** Messages of others on the log. */
export function logDoor(nats: NatsConnection): Door<MessageInput> {
  return {
    name: "messages on the log",
    inputs: messages,
    regressions: [],
    send: async (inputs) => {
      for (const { subject, payload, headers: given } of inputs) {
        const header = headers()
        for (const [key, value] of Object.entries(given ?? {})) header.set(key, value)
        nats.publish(subject, payload, { headers: header })
      }
      await nats.flush()
    },
    close: async () => {},
  }
}
