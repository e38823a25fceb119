import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { Ajv } from "ajv"
import { expect } from "chai"
import { natsConn } from "res-service"
import { Client } from "res-service/client"
import { Catalogue } from "../../contract/catalogue.ts"
import { date, type Example, examples, soon } from "../../contract/examples.ts"
import { legacyExamples } from "../../contract/legacy-examples.ts"
import { asyncApi } from "../../edge/asyncapi/document.ts"
import type { OpenApi, Operation } from "../../edge/openapi/types.ts"
import { makeCatalogue } from "../../service/catalogue.ts"
import { Documented } from "../helpers/documented.ts"
import { startGateway } from "../helpers/gateway.ts"
import { answer, get } from "../helpers/http.ts"
import { useIssuer } from "../helpers/issuer.ts"
import { freePort } from "../helpers/ports.ts"
import { useProduct } from "../helpers/product.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

/** What the product makes, or what depends on the time: the event of the examples may be of the minute before. */
const MADE =
  /\/(n|customerId|resumeToken|invite|offer|log|feed|events_last_minute)$|^\/baskets\/\d+\/1$|^\/minutes\/5[89]\/|^(\/\d+)?\/id$/

describe("the documents", () => {
  const issuer = useIssuer()
  const gatewayPort = use(async () => ({ port: await freePort(), stop: () => {} }))
  const product = useProduct(() => ({
    auth: { verifier: issuer.verifier, cookie: undefined },
    web: { gateway: gatewayPort.port },
  }))
  const gateway = use(() => startGateway(product.natsServer.url, { port: gatewayPort.port }))
  const client = use(async () => {
    const made = new Client(natsConn(product.nats))
    return { made, stop: () => made.close() }
  })

  /** The answer of the product to an example's request, or its error. */
  async function answerTo(example: Example, documented: Documented, bearer: string): Promise<unknown> {
    const { contract, method = "", kind, caller } = example
    const rid = contract.rid(documented.actual(example.parts), documented.actual(example.query))
    if (kind === "get") {
      const content = await client.made.get(rid)
      return "model" in content ? plain(content.model) : content.collection.map(plain)
    }
    const options = { token: { bearer }, cid: caller }
    return (await client.made[kind](rid, method, documented.actual(example.params), options)) ?? null
  }

  it("have examples of RES requests that are answered as they say, one after the other", async () => {
    const jwt = await issuer.token({ role: "admin", name: "Eva" })
    const login = examples.find(({ method }) => method === "login")?.params as { readonly token: string }
    const documented = new Documented(MADE, [
      [login.token, jwt],
      [date, new Date().toISOString().slice(0, 10)],
      [soon, tomorrow()],
    ])
    for (const example of examples) {
      const title = `${example.kind} ${example.contract.pattern.source} ${example.method ?? ""}`
      const answer = await answerTo(example, documented, jwt).catch((error: unknown) => error)
      expect(documented.differences(example.answer, answer), title).to.deep.equal([])
    }
  })

  it("have examples of the old protocol that are answered as they say, one after the other", async () => {
    const documented = new Documented(MADE, [[soon, tomorrow()]])
    const pages = new Map<string, Storefront>()
    try {
      for (const { page, sends, answer: expected, other } of legacyExamples) {
        const own = pages.get(page) ?? (await Storefront.open(product.edgeUrl, "demo-page"))
        pages.set(page, own)
        const told = [{ to: own, message: expected }]
        const another = other && pages.get(other.page)
        if (other && another) told.push({ to: another, message: other.told })
        const from = told.map(({ to }) => to.messages.length)
        own.send(sends.event, documented.actual(sends.payload))
        for (const [i, { to, message }] of told.entries()) {
          await until(`${JSON.stringify(message)}, the answer to ${sends.event}`, () =>
            to.messages
              .slice(from[i])
              .some(
                (each) =>
                  each.event === message.event && documented.differences(message.payload, each.payload).length === 0,
              ),
          )
        }
      }
    } finally {
      for (const page of pages.values()) await page.close()
    }
  })

  it("have examples of HTTP requests that are answered as they say, one after the other", async () => {
    const authorization = `Bearer ${await issuer.token({ role: "admin", name: "Eva" })}`
    const { paths }: OpenApi = (await get(`${product.edgeUrl}/openapi.json`)).body
    const documented = new Documented(/^\/(id|url)$/, [
      ["http://127.0.0.1:8000", product.edgeUrl],
      ["ws://127.0.0.1:8080", gateway.wsUrl],
      ["http://127.0.0.1:8080", gateway.url],
    ])
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const { url, body, status, content } = documentedRequest(path, operation)
        const ending = new AbortController()
        const response = await fetch(`${product.edgeUrl}${url}`, {
          method: method.toUpperCase(),
          headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: ending.signal,
        })
        const [type, { example = undefined } = {}] = Object.entries(content)[0] ?? []
        expect(response.status, url).to.equal(status)
        expect(response.headers.get("content-type"), url).to.match(new RegExp(`^${type}`))
        if (type !== "application/json") ending.abort()
        else {
          const made = (await answer(Promise.resolve(response))).body
          if (!path.endsWith(".json") || path === "/config.json")
            expect(documented.differences(example, made), url).to.deep.equal([])
        }
      }
    }
  })

  it("are found from GET /api, and all that it lists answers", async () => {
    const { body } = await get(`${product.edgeUrl}/api`)
    for (const [name, url] of Object.entries(body as Record<string, string>)) {
      // Below `resources` something must be named.
      if (!/^http/.test(url) || name === "resources") continue
      expect((await fetch(url)).status, `${name}: ${url}`).to.equal(200)
    }
  })

  it("are a page at /docs, which runs nothing and loads nothing", async () => {
    const response = await fetch(`${product.edgeUrl}/docs`)
    const page = await response.text()
    expect(response.headers.get("content-security-policy")).to.match(/^default-src 'none'; style-src 'sha256-[^' ]+';/)
    expect(page).not.to.match(/<script|<img|<link|src=|url\(|\son\w+=/)
    const { paths }: OpenApi = (await get(`${product.edgeUrl}/openapi.json`)).body
    for (const path of Object.keys(paths)) expect(page).to.include(path)
    expect(page).to.include(`curl http://127.0.0.1:8000/stream/123e4567-e89b-42d3-a456-426614174000`)
  })

  describe("GET /asyncapi.json", () => {
    const ajv = new Ajv({ strict: false, validateFormats: false })

    it("is AsyncAPI 3, by its JSON Schema", async () => {
      const file = createRequire(import.meta.url).resolve("@asyncapi/specs/schemas/3.0.0-without-$id.json")
      const isAsyncApi = ajv.compile(JSON.parse(readFileSync(file, "utf8")))
      const { status, body } = await get(`${product.edgeUrl}/asyncapi.json`)
      expect(status).to.equal(200)
      expect(isAsyncApi(body), JSON.stringify(isAsyncApi.errors?.slice(0, 5))).to.equal(true)
    })

    it("has references that lead to something, and examples that its schemas accept", () => {
      const document = JSON.parse(JSON.stringify(asyncApi))
      const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = ""]) => path)
      expect(references).to.have.length.above(100)
      for (const path of new Set(references)) {
        const keys = path.split("/").map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"))
        const found = keys.reduce((value: unknown, key) => (value as Record<string, unknown>)?.[key], document)
        expect(found, path).to.be.an("object")
      }
      let checked = 0
      for (const [channel, { messages }] of Object.entries(asyncApi.channels)) {
        for (const [name, { payload, examples: own = [] }] of Object.entries(messages)) {
          for (const example of own) {
            const plain = JSON.parse(JSON.stringify(example.payload))
            expect(ajv.validate(payload ?? true, plain), `${channel} ${name}: ${ajv.errorsText()}`).to.equal(true)
            checked++
          }
        }
      }
      expect(checked).to.be.above(80)
    })
  })

  it("are readable through the gateway: GET /api/shopwire/catalogue", async () => {
    const { status, body } = await get(`${gateway.url}/api/shopwire/catalogue`)
    expect(status).to.equal(200)
    expect(Catalogue.parse(body)).to.deep.equal(JSON.parse(JSON.stringify(makeCatalogue())))
  })
})

function tomorrow(): string {
  return new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString()
}

/** A request as an operation documents it, and what its answer should be. */
function documentedRequest(path: string, { parameters = [], requestBody, responses }: Operation) {
  const url = parameters.reduce((text, { name, example }) => text.replace(`{${name}}`, String(example)), path)
  const [[status = "", response] = []] = Object.entries(responses)
  const { example: body } = requestBody?.content["application/json"] ?? {}
  return { url, body, status: Number(status), content: response?.content ?? {} }
}

/** A resource's value without the wrapping of data values: of a model each member, of a collection each value. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  if ("data" in value) return value.data
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}
