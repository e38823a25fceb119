import { randomUUID } from "node:crypto"
import {
  Connection,
  type ConnectionState,
  FeedWatch,
  failureOf,
  feed,
  loadConfig,
  type PublishEvent,
  readHistory,
  stats,
} from "@shopwire/client"
import { Publisher } from "@shopwire/client/publish"
import { browserSocket } from "@shopwire/client/session"
import { expect } from "chai"
import { WebSocket } from "ws"
import type { ResModel } from "../../../clients/js/src/resclient.ts"
import { Watch } from "../../../clients/js/src/watch.ts"
import { publishEvent, publishEvents } from "../../helpers/events.ts"
import { post } from "../../helpers/http.ts"
import { usePages } from "../../helpers/pages.ts"
import { Storefront } from "../../helpers/storefront.ts"
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
      const handlers = { onOpen: () => {}, onFrame: () => {}, onClose: () => {} }
      const connect = () => browserSocket(pages.product.edgeUrl, "a", undefined, handlers)
      expect(connect).to.throw(TypeError, "there is no WebSocket here")
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

  it("lets a shopper in the shop join friends online by an event, and tells what has become of it", async () => {
    const id = `party~${randomUUID().slice(0, 8)}`
    const friend = await Storefront.open(pages.product.edgeUrl, id)
    const event = publishEvent({ session_id: randomUUID() })
    const publisher = new Publisher({ edgeUrl: pages.product.edgeUrl, shopId: event.shop_id })
    try {
      await friend.start("Ann")
      const joining = { ...event, shared_session: id, shared_session_name: "Zoë" }
      await publisher.publish(joining)
      await friend.shows("Ann* Zoë")
      await until("the status", async () => {
        await publisher.publish({ ...joining, action: "LOOK" })
        return publisher.state.get().sharedSession === "joined"
      })
      await publisher.publish({ ...event, shared_session: null })
      await friend.shows("Ann*")
    } finally {
      await publisher.stop()
      await friend.close()
    }
  })

  it("finds events of a shop, in its feed, in older pages, and as they come", async () => {
    const [shopId, session_id] = [randomUUID(), randomUUID()]
    const pears = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        publishEvent({ shop_id: shopId, session_id, product_name: `Pears ${i}`, basket_total: i }),
      )
    const publish = (events: readonly PublishEvent[]) => post(`${pages.product.edgeUrl}/publish/${shopId}`, events)
    await publish([...pears(3), ...publishEvents(300, shopId), ...pears(2)])
    const watch = new FeedWatch(connect(), shopId)
    watch.start()
    await until("the feed", () => watch.timeline.get().events.length === 100)
    const search = watch.search({ find: "pears", session_id, min_total: 1 })
    search.start()
    const found = () => search.state.get().events.map(({ product_name }) => product_name)
    expect(found()).to.deep.equal(["Pears 1"])
    await search.older()
    await search.older()
    expect(search.state.get().complete).to.equal(true)
    await publish(pears(2))
    await until("the new one", () => found().length === 4)
    expect(found()).to.deep.equal(["Pears 1", "Pears 1", "Pears 2", "Pears 1"])
    search.stop()
    watch.stop()
  })

  it("reads a shop's history part by part, with its progress, until somebody ends it", async () => {
    const shopId = randomUUID()
    await post(`${pages.product.edgeUrl}/publish/${shopId}`, publishEvents(1000, shopId))
    await post(`${pages.product.edgeUrl}/publish/${shopId}`, publishEvents(200, shopId))
    const connection = connect()
    await until("the connection", () => connection.ready)
    const all: number[] = []
    const shares: number[] = []
    for await (const { events, share } of readHistory(connection, shopId, {}, new AbortController().signal)) {
      all.push(...events.map(({ action_id }) => action_id))
      shares.push(share)
    }
    const numbers = Array.from({ length: 1000 }, (_, i) => i + 1)
    expect(all).to.deep.equal([...numbers, ...numbers.slice(0, 200)])
    expect(shares.length).to.be.at.least(3)
    expect(shares).to.deep.equal(shares.toSorted((a, b) => a - b))
    expect(shares.at(-1)).to.equal(1)

    const ending = new AbortController()
    const parts: number[] = []
    const reading = (async () => {
      for await (const { events } of readHistory(connection, shopId, {}, ending.signal)) {
        parts.push(events.length)
        ending.abort()
      }
    })()
    expect(await reading.catch((error: Error) => error.name)).to.equal("AbortError")
    expect(parts).to.deep.equal([500])
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

  it("watches a resource that a collection's reference could not load, as soon as it can be loaded", async () => {
    const { nats } = pages.product
    let fails = true
    const answers: Record<string, () => object> = {
      "access.*": () => ({ result: { get: true } }),
      "get.books": () => ({ result: { collection: [{ rid: "books.first" }] } }),
      "get.books.first": () =>
        fails
          ? { error: { code: "system.serviceUnavailable", message: "Service unavailable" } }
          : { result: { model: { title: "Walden" } } },
    }
    const subscriptions = ["access.books", "access.books.first", "get.books", "get.books.first"].map((subject) =>
      nats.subscribe(subject, {
        callback: (_, msg) => {
          const answer = answers[subject] ?? answers["access.*"]
          msg.respond(JSON.stringify(answer?.()))
        },
      }),
    )
    await nats.flush()
    const connection = connect()
    await until("the connection", () => connection.ready)
    const list = new Watch(connection, "books", (resource) => resource)
    const leaveList = list.subscribe(() => {})
    await until("the list without its book", () => list.get().status === "live")
    const book = new Watch(connection, "books.first", (resource) => ({ ...(resource as ResModel).props }))
    const leave = book.subscribe(() => {})
    await until("that it has failed", () => book.get().status === "failed")
    fails = false
    await until("the book", () => book.get().status === "live")
    expect(book.get().data).to.deep.equal({ title: "Walden" })
    leave()
    leaveList()
    for (const subscription of subscriptions) subscription.unsubscribe()
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
