import { expect } from "chai"
import { natsConn } from "res-service"
import { Client } from "res-service/client"
import { Catalogue } from "../../contract/catalogue.ts"
import { date, type Example, examples, soon } from "../../contract/examples.ts"
import { makeCatalogue } from "../../service/catalogue.ts"
import { Documented } from "../helpers/documented.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { useIssuer } from "../helpers/issuer.ts"
import { useProduct } from "../helpers/product.ts"
import { use } from "../helpers/use.ts"

/** What the product makes, or what depends on the time. */
const MADE =
  /\/(n|customerId|resumeToken|invite|log|feed|events_last_minute)$|^\/baskets\/\d+\/1$|^\/minutes\/59\/|^(\/\d+)?\/id$/

describe("the documents", () => {
  const issuer = useIssuer()
  const product = useProduct(() => ({ auth: { verifier: issuer.verifier, cookie: undefined } }))
  const gateway = useGateway(product)
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
      [soon, new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString()],
    ])
    for (const example of examples) {
      const title = `${example.kind} ${example.contract.pattern.source} ${example.method ?? ""}`
      const answer = await answerTo(example, documented, jwt).catch((error: unknown) => error)
      expect(documented.differences(example.answer, answer), title).to.deep.equal([])
    }
  })

  it("are readable through the gateway: GET /api/shopwire/catalogue", async () => {
    const { status, body } = await get(`${gateway.url}/api/shopwire/catalogue`)
    expect(status).to.equal(200)
    expect(Catalogue.parse(body)).to.deep.equal(JSON.parse(JSON.stringify(makeCatalogue())))
  })
})

/** A resource's value without the wrapping of data values: of a model each member, of a collection each value. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  if ("data" in value) return value.data
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}
