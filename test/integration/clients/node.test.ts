import { randomUUID } from "node:crypto"
import { Connection, type ConnectionState, FeedWatch, failureOf, feed, loadConfig, stats } from "@shopwire/client"
import { Publisher } from "@shopwire/client/publish"
import { expect } from "chai"
import { WebSocket } from "ws"
import { publishEvent, publishEvents } from "../../helpers/events.ts"
import { post } from "../../helpers/http.ts"
import { usePages } from "../../helpers/pages.ts"
import { until } from "../../helpers/until.ts"
import { closeAfterEach } from "../../helpers/use.ts"

describe("@shopwire/client in Node", () => {
  const pages = usePages()
  const opened = closeAfterEach((connection: Connection) => connection.stop())

  /** With the package ws as it is, whose messages come several in a turn. */
  function connect(url = pages.gateway.wsUrl): Connection {
    const connection = opened(new Connection(url, { webSocket: (to) => new WebSocket(to) }))
    connection.start()
    return connection
  }

  it("says what is missing where there is no WebSocket", () => {
    const given = globalThis.WebSocket
    Reflect.deleteProperty(globalThis, "WebSocket")
    try {
      expect(() => new Connection(pages.gateway.wsUrl).start()).to.throw(TypeError, "webSocket")
    } finally {
      if (given !== undefined) globalThis.WebSocket = given
    }
  })

  it("finds the gateway of an edge", async () => {
    const { gateway } = await loadConfig(pages.product.edgeUrl)
    expect(gateway).to.equal(pages.gateway.wsUrl)
    const nowhere = await loadConfig("http://127.0.0.1:1").catch((error: Error) => error.message)
    expect(nowhere).to.equal("The server does not answer.")
  })

  it("shows every event of a shop once, in order, that are published in bursts while the gateway comes and goes", async () => {
    const shopId = randomUUID()
    const watch = new FeedWatch(connect(), shopId)
    const publisher = new Publisher({ edgeUrl: pages.product.edgeUrl, shopId })
    // A timeline goes back to the first event that it was shown.
    await publisher.publish(publishEvents(1, shopId))
    watch.start()
    await until("the first event", () => watch.timeline.get().events.length === 1)
    await publisher.publish(publishEvents(400, shopId))
    await pages.stopGateway()
    await publisher.publish(publishEvents(400, shopId))
    await pages.startGateway()
    await publisher.publish(publishEvents(1, shopId))
    await until(
      "all events",
      () => watch.timeline.get().events.length === 802 && watch.timeline.get().missing.size === 0,
    )
    const { events } = watch.timeline.get()
    expect(events.map(({ action_id }) => action_id).reverse()).to.deep.equal(
      [1, 400, 400, 1].flatMap((count) => Array.from({ length: count }, (_, i) => i + 1)),
    )
    watch.stop()
    await publisher.stop()
  })

  it("watches figures as they change, and lets go of what nobody watches", async () => {
    const event = publishEvent()
    const connection = connect()
    const watch = connection.watches.of(stats, { shop_id: event.shop_id })
    expect(connection.watches.of(stats, { shop_id: event.shop_id })).to.equal(watch)
    const leave = watch.subscribe(() => {})
    await until("the figures", () => watch.get().status === "live")
    await post(`${pages.product.edgeUrl}/publish/${event.shop_id}`, event)
    await until("the event to be counted", () => watch.get().data?.events === 1)
    leave()
    expect(watch.get().status).to.equal("stale")
  })

  it("calls a method, and rejects with what is wrong", async () => {
    const event = publishEvent()
    const connection = connect()
    const parts = { shop_id: event.shop_id }
    const early = await connection.call(feed, parts, "publish", event).catch(failureOf)
    expect(early).to.have.property("code", "system.connectionError")
    await until("the connection", () => connection.ready)
    expect(await connection.call(feed, parts, "publish", event)).to.have.property("seq")
    const wrong = await connection.call(feed, parts, "publish", { ...event, UPC: 1 }).catch(failureOf)
    expect(wrong).to.have.property("code", "system.invalidParams")
  })

  it("tries to connect again by itself, and tells how it is", async () => {
    const { wsUrl } = pages.gateway
    await pages.stopGateway()
    const connection = connect(wsUrl)
    const kinds: ConnectionState["kind"][] = []
    connection.state.subscribe(() => kinds.push(connection.state.get().kind))
    await pages.startGateway()
    await until("the connection", () => connection.state.get().kind === "live")
    await pages.stopGateway()
    await until("the loss to be seen", () => connection.state.get().kind === "reconnecting")
    await pages.startGateway()
    await until("the connection", () => connection.state.get().kind === "live")
    expect(kinds.filter((kind, i) => kind !== kinds[i - 1])).to.deep.equal(["live", "reconnecting", "live"])
  })
})
