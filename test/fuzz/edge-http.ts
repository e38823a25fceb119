import { once } from "node:events"
import { Agent, type IncomingMessage, request } from "node:http"
import { connect } from "node:net"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import fc from "fast-check"
import { ANSWER_MS, checkSecret, type Door, defect, type Tokens } from "./door.ts"
import { anySide, asText, oddPublication, oddText, oddValue, type Side } from "./inputs.ts"

/** A request as an HTTP client sends it. */
export interface HttpInput {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly encoding: "" | "gzip" | "deflate" | "br" | "broken"
}

/** Stands for the forged token, which the door puts in. */
const FORGED_AUTHORIZATION = "Bearer forged"

/** Text that a header may have. */
const headerValue = oddText.map((text) => text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, "?"))

/** A number as a producer sends it, or nearly so. */
const producerNumber = fc.oneof(
  fc.constantFrom("0", "1", "2", "3", "9007199254740991", "9007199254740992", "-1", "1.5", ""),
  headerValue,
)

/** All headers of a producer, or some. */
const producerHeaders = fc.record(
  {
    "producer-id": fc.oneof(fc.constantFrom("8c0f2b60-0f7a-11ee-be56-0242ac120002", "PHONE"), headerValue),
    "producer-epoch": producerNumber,
    "producer-seq": producerNumber,
  },
  { requiredKeys: [] },
)

const otherHeaders: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom(
    "content-type",
    "authorization",
    "idempotency-key",
    "x-request-id",
    "origin",
    "cookie",
    "accept",
    "accept-encoding",
    "range",
    "if-none-match",
    "last-event-id",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-http-method-override",
    "access-control-request-method",
    "__proto__",
  ),
  fc.oneof(
    fc.constantFrom(
      "application/json",
      "application/json; charset=utf-16",
      "text/plain",
      "Bearer a.b.c",
      FORGED_AUTHORIZATION,
      "100-continue",
      "*",
    ),
    headerValue,
  ),
  { maxKeys: 2 },
)

const headers: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 4, arbitrary: otherHeaders },
  { weight: 1, arbitrary: fc.tuple(otherHeaders, producerHeaders).map(([other, own]) => ({ ...other, ...own })) },
)

const body = fc.oneof(
  { weight: 5, arbitrary: oddPublication.map(asText) },
  { weight: 1, arbitrary: fc.record({ page: fc.oneof(fc.webUrl(), oddText) }).map(asText) },
  { weight: 1, arbitrary: oddValue.map(asText) },
  { weight: 1, arbitrary: oddText },
  { weight: 1, arbitrary: oddPublication.map((value) => asText(value).slice(0, -1)) },
)

const encodings = fc.oneof(
  { weight: 6, arbitrary: fc.constant<HttpInput["encoding"]>("") },
  { weight: 1, arbitrary: fc.constantFrom<HttpInput["encoding"]>("gzip", "deflate", "br", "broken") },
)

/** What a door is known to take, by method, for a shop, a basket and a session. */
export type KnownRequests = (side: Side) => readonly (readonly [method: string, path: string])[]

/** One of the known requests, or one near to one of them. What a client may not send is percent-encoded. */
function requests(known: KnownRequests): fc.Arbitrary<Pick<HttpInput, "method" | "path">> {
  const part = fc.oneof(
    oddText.map((text) => encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, "?"))),
    fc.constantFrom("%", "%zz", "%00", "%2e%2e", "%2F", "%E0%A4%A", "..", ";a=b"),
  )
  const otherMethod = fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
  const otherPath = (path: string): fc.Arbitrary<string> =>
    fc.oneof(
      part.map((text) => `${path}?${text}`),
      part.map((text) => `${path}?before=${text}&limit=${text}`),
      part.map((text) => `${path}/${text}`),
      fc.array(part, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
    )
  return anySide
    .chain((side) => fc.constantFrom(...known(side)))
    .chain(([method, path]) =>
      fc.oneof(
        { weight: 6, arbitrary: fc.constant({ method, path }) },
        { weight: 1, arbitrary: otherMethod.map((other) => ({ method: other, path })) },
        { weight: 2, arbitrary: otherPath(path).map((other) => ({ method, path: other })) },
        {
          weight: 1,
          arbitrary: fc.tuple(otherMethod, otherPath(path)).map(([other, near]) => ({ method: other, path: near })),
        },
      ),
    )
}

/** A door that takes HTTP requests. */
export function httpDoor(
  name: string,
  url: string,
  auth: Tokens | undefined,
  known: KnownRequests,
  regressions: readonly HttpInput[] = [],
): Door<HttpInput> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const login: Record<string, string> = auth === undefined ? {} : { authorization: `Bearer ${auth.attacker}` }
  const send = async (input: HttpInput, duringOutage: boolean): Promise<void> => {
    const headers: Record<string, string> = { ...login, ...input.headers }
    if (auth !== undefined && headers.authorization === FORGED_AUTHORIZATION)
      headers.authorization = `Bearer ${auth.forged}`
    const answer = await answerTo(agent, url, { ...input, headers }).catch((error: unknown) => {
      if (!duringOutage) throw error
    })
    if (answer === undefined) return
    const { status, type, text } = answer
    checkSecret(name, input, text, auth)
    if (duringOutage && (status === 503 || text.includes("system.timeout"))) return
    // What `/readyz` answers when the service takes longer than a second, as on a busy machine.
    if (status === 503 && text.startsWith('{"ready":false,')) return
    if (status >= 500) throw defect(name, input, `answered ${status} ${text.slice(0, 300)}`)
    if (text.includes("system.internalError") || text.includes("system.timeout"))
      throw defect(name, input, `answered ${text}`)
    if (status >= 400 && name === "HTTP at the edge" && text !== "" && !type.startsWith("application/problem+json"))
      throw defect(name, input, `answered ${status} as ${type}`)
  }
  return {
    name,
    inputs: fc
      .tuple(requests(known), fc.record({ headers, body, encoding: encodings }))
      .map(([request, rest]) => ({ ...request, ...rest })),
    regressions,
    send: async (inputs, duringOutage) => {
      await Promise.all(inputs.map((input) => send(input, duringOutage)))
    },
    close: async () => agent.destroy(),
  }
}

const encoders = {
  "": (text: string) => Buffer.from(text),
  gzip: (text: string) => gzipSync(text),
  deflate: (text: string) => deflateSync(text),
  br: (text: string) => brotliCompressSync(text),
  broken: (text: string) => Buffer.from(text),
}

function answerTo(
  agent: Agent,
  url: string,
  { method, path, headers, body, encoding }: HttpInput,
): Promise<{ status: number; type: string; text: string }> {
  const bytes = encoders[encoding](body)
  const withBody = method !== "GET" && method !== "HEAD"
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const req = request(
      {
        agent,
        hostname,
        port,
        method,
        path,
        timeout: ANSWER_MS,
        headers: {
          "content-type": "application/json",
          ...headers,
          ...(withBody ? { "content-length": bytes.length } : {}),
          ...(withBody && encoding !== "" ? { "content-encoding": encoding === "broken" ? "gzip" : encoding } : {}),
        },
      },
      (res) => void read(res).then(resolve, reject),
    )
    req.on("timeout", () => req.destroy(new Error(`no answer to ${method} ${path.slice(0, 200)}`)))
    req.on("error", reject)
    req.end(withBody ? bytes : undefined)
  })
}

async function read(res: IncomingMessage): Promise<{ status: number; type: string; text: string }> {
  const { statusCode: status = 0, headers } = res
  const type = headers["content-type"] ?? ""
  let text = ""
  res.setEncoding("utf8")
  for await (const part of res) {
    text += part
    // A stream does not end.
    if (type.startsWith("text/event-stream")) break
  }
  return { status, type, text }
}

/** Bytes that are HTTP, or nearly. */
export function rawHttpDoor(name: string, url: string): Door<string> {
  const line = fc.oneof(
    fc.constantFrom(
      "GET /healthz HTTP/1.1",
      "POST /send HTTP/1.1",
      "GET / HTTP/9.9",
      "GET  / HTTP/1.1",
      "get / http/1.1",
      "PRI * HTTP/2.0",
    ),
    oddText,
  )
  const header = fc.oneof(
    fc.constantFrom(
      "Host: a",
      "Content-Length: 5",
      "Content-Length: -1",
      "Content-Length: 99999999999999999999",
      "Transfer-Encoding: chunked",
      "Transfer-Encoding: chunked, identity",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Content-Type: application/json",
      ": empty",
      " folded",
    ),
    oddText,
  )
  const inputs = fc
    .tuple(line, fc.array(header, { maxLength: 6 }), oddText)
    .map(([first, more, end]) => `${[first, ...more].join("\r\n")}\r\n\r\n${end}`)
  const { hostname, port } = new URL(url)
  const send = async (input: string, duringOutage: boolean): Promise<void> => {
    const socket = connect(Number(port), hostname)
    socket.on("error", () => {})
    let text = ""
    socket.on("data", (part: Buffer) => {
      text += part.toString("latin1")
    })
    socket.end(Buffer.from(input))
    const closed = once(socket, "close")
    // What it waits for never comes: that is bounded, and measured, elsewhere.
    const timer = setTimeout(() => socket.destroy(), 100)
    await closed
    clearTimeout(timer)
    // 505 is the client's fault: a version of HTTP that there is not, as Resgate says.
    if (duringOutage && text.startsWith("HTTP/1.1 503 ")) return
    if (/^HTTP\/1\.1 5(?!05)\d\d/m.test(text)) throw defect(name, input, `answered ${text.slice(0, 300)}`)
  }
  return {
    name,
    inputs,
    regressions: [],
    send: async (all, duringOutage) => {
      await Promise.all(all.map((input) => send(input, duringOutage)))
    },
    close: async () => {},
  }
}
