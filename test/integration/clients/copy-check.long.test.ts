import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { baskets, Connection, CopyCheck, FeedWatch } from "@shopwire/client"
import { expect } from "chai"
import { WebSocket } from "ws"
import { publishEvent } from "../../helpers/events.ts"
import { useGateway } from "../../helpers/gateway.ts"
import { post } from "../../helpers/http.ts"
import { useProduct } from "../../helpers/product.ts"
import { getFeed, resRequest } from "../../helpers/res.ts"
import { until } from "../../helpers/until.ts"
import { closeAfterEach } from "../../helpers/use.ts"

describe("CopyCheck", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const opened = closeAfterEach(({ stop }: { stop(): void }) => stop())

  function connect(): Connection {
    const connection = new Connection(gateway.wsUrl, { webSocket: (to) => new WebSocket(to) })
    connection.start()
    opened({ stop: () => connection.stop() })
    return connection
  }

  function check(connection: Connection, shopId: string): CopyCheck {
    const copies = new CopyCheck(connection, shopId)
    copies.start()
    opened({ stop: () => copies.stop() })
    return copies
  }

  function watch(connection: Connection, shop_id: string) {
    const feed = new FeedWatch(connection, shop_id)
    feed.start()
    opened({ stop: () => feed.stop() })
    const list = connection.watches.of(baskets, { shop_id })
    opened({ stop: list.subscribe(() => {}) })
    return { feed, list }
  }

  const publish = (shop_id: string, session_id: string, action = "ADD") =>
    post(`${product.edgeUrl}/publish/${shop_id}`, publishEvent({ shop_id, session_id, action }))

  /** A service that has started repeats its resets, which would repair a gateway's copies, too. */
  async function noMoreResets(): Promise<void> {
    let lastAt = performance.now()
    const resets = product.nats.subscribe("system.reset", {
      callback: () => {
        lastAt = performance.now()
      },
    })
    await until("the resets to end", () => performance.now() - lastAt > 8000)
    resets.unsubscribe()
  }

  it("repairs, for everyone, what a gateway shows that has missed events or taken wrong ones", async () => {
    const [shopId, session] = [randomUUID(), randomUUID()]
    for (let i = 0; i < 3; i++) await publish(shopId, session)
    const own = connect()
    const { feed, list } = watch(own, shopId)
    // Somebody without a check looks at the same gateway.
    const other = watch(connect(), shopId)
    const copies = check(own, shopId)
    const isRight = async (): Promise<boolean> => {
      const fresh = await getFeed(product.nats, shopId)
      const { total } = (await resRequest(product.nats, `get.store.${shopId}.basket.${session}`)).result.model
      return [[feed, list] as const, [other.feed, other.list] as const].every(([events, open]) => {
        return isDeepStrictEqual(events.feed.get().data, fresh) && open.get().data?.[0]?.total === total
      })
    }
    await until("all to be shown", isRight)
    expect(copies.differences.get()).to.deep.equal({ count: 0, last: undefined })

    await noMoreResets()
    // The gateway cannot tell these events from the service's.
    product.nats.publish(`event.store.${shopId}.feed.remove`, JSON.stringify({ idx: 1 }))
    product.nats.publish(
      `event.store.${shopId}.basket.${session}.change`,
      JSON.stringify({ values: { total: 999, lines: { data: [] } } }),
    )
    await until("the wrong total everywhere", () =>
      [list, other.list].every((open) => open.get().data?.[0]?.total === 999),
    )
    await until("all to be right again", isRight)
    const { count, last } = copies.differences.get()
    expect(count).to.be.above(0)
    expect(last?.what).to.be.oneOf(["feed", "basket"])
  })

  it("finds nothing while events pour in, and while the service is restarted", async () => {
    const shopId = randomUUID()
    const sessions = Array.from({ length: 10 }, () => randomUUID())
    const own = connect()
    watch(own, shopId)
    const copies = check(own, shopId)
    const actions = ["ADD", "ADD", "REMOVE", "CHECKOUT"]
    let isRestarted = false
    for (const end = Date.now() + 20_000; Date.now() < end; ) {
      await Promise.all(
        sessions.map(async (session, i) => await publish(shopId, session, actions[(i + Date.now()) % actions.length])),
      )
      if (isRestarted || Date.now() < end - 10_000) continue
      isRestarted = true
      await product.restartService()
    }
    await until("the digest of the last event", async () => {
      const [newest] = await getFeed(product.nats, shopId)
      return newest !== undefined && copies.digest.get().data?.seq === newest.seq
    })
    expect(copies.differences.get()).to.deep.equal({ count: 0, last: undefined })
  })
})
