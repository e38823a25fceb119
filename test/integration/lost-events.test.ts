import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { connect } from "nats"
import { type Conn, natsConn } from "res-service"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { startTestEdge, useProduct } from "../helpers/product.ts"
import { getFeed } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"
import { closeAfterEach, use } from "../helpers/use.ts"

/** Every third event of a feed is lost on the way to this edge, as on a cut route between two nats-servers. */
const LOST = 3

describe("an edge whose link loses events", () => {
  const product = useProduct()
  const opened = closeAfterEach<{ close(): void }>((stream) => stream.close())
  let lost = 0

  const edge = use(async () => {
    const nats = await connect({ servers: product.natsServer.url })
    const conn = natsConn(nats)
    let seen = 0
    const subscribe: Conn["subscribe"] = (subject, handler, queue) =>
      conn.subscribe(
        subject,
        (msg) => {
          const isLost = /^event\.store\..*\.feed\.add$/.test(msg.subject) && ++seen % LOST === 0
          if (isLost) lost++
          else handler(msg)
        },
        queue,
      )
    const lossy = new Proxy(conn, {
      get: (target, name) => (name === "subscribe" ? subscribe : Reflect.get(target, name)),
    })
    const running = await startTestEdge(lossy)
    return {
      url: `http://127.0.0.1:${running.port}`,
      stop: async () => {
        await running.stop()
        await nats.close()
      },
    }
  })

  it("sends its streams each event once and in order, as soon as a later one comes", async () => {
    const shop_id = randomUUID()
    const stream = opened(await EventStream.open(`${edge.url}/stream/${shop_id}`))
    const publish = () => post(`${product.edgeUrl}/publish/${shop_id}`, publishEvent({ shop_id }))
    for (let i = 0; i < 40; i++) expect((await publish()).status).to.equal(200)
    const seqs = (await getFeed(product.nats, shop_id)).map(({ seq }) => seq).toReversed()
    // The last one may be lost, so more are published until the stream has all of these.
    await until("the stream to have all events", async () => {
      await publish()
      return stream.seqs.length >= seqs.length
    })
    expect(seqs).to.have.length(40)
    expect(stream.seqs.slice(0, seqs.length)).to.deep.equal(seqs)
    expect(lost).to.be.above(5)
  })
})
