import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { connect } from "node:net"
import { expect } from "chai"
import { WebSocket } from "ws"
import { edgeOfCid, newEdgeCid } from "../../contract/edge-connection.ts"
import { edgePingSubject } from "../../contract/subjects.ts"
import { askConnections } from "../../service/connections.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { Storefront, useStorefronts } from "../helpers/storefront.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

/** An Ecwid cart, with what JSON can hold. */
const ecwidCart = {
  cartId: "123ABC-D456",
  items: [
    { quantity: 2, product: { id: 66821181, name: "Äpfel 🍎", price: 3.5, weight: 0.1 + 0.2, options: null } },
    { quantity: 1, product: { id: 2, name: "", price: 1e-7, inStock: false, nested: { a: [[], {}, [null]] } } },
  ],
  weight: 1.7976931348623157e308,
  couponCode: null,
}

describe("the old storefronts' WebSocket", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const openPage = useStorefronts(product)
  let id: string

  beforeEach(() => {
    id = `s-${randomUUID().slice(0, 13)}`
  })

  const storefront = (protocols: string[] = [], sessionId = id): Promise<Storefront> => openPage(sessionId, protocols)
  const freshContent = async () => (await get(`${gateway.url}/api/session/${id}/multicart`)).body

  async function started(...guests: string[]): Promise<Storefront[]> {
    const host = await storefront()
    await host.start("Host")
    const joined: Storefront[] = [host]
    for (const name of guests) {
      const guest = await storefront()
      await guest.join(name)
      joined.push(guest)
    }
    return joined
  }

  it("tells the whole story of a host and a guest, the reply always before the update", async () => {
    const host = await storefront()
    const guest = await storefront()

    const { customerId } = await host.start("Host")
    expect(customerId).to.be.a("string").that.is.not.empty
    await host.shows("Host*")
    expect(host.events()).to.deep.equal(["startSession", "multicartUpdate"])
    expect(host.sees).to.deep.equal([
      { owner: { id: customerId, name: "Host", isHost: true, isReadyToCheckout: false }, content: {} },
    ])
    expect(guest.messages, "who only connected gets nothing").to.deep.equal([])

    await guest.join("Guest")
    await guest.shows("Host* Guest")
    await host.shows("Host* Guest")
    expect(guest.events()).to.deep.equal(["joinSession", "multicartUpdate"])

    host.send("updateCart", { customerId, cartContent: ecwidCart })
    await until("the cart at the guest's", () => JSON.stringify(guest.sees?.[0]?.content) === JSON.stringify(ecwidCart))
    guest.send("customerReadyToCheckout", { customerId: guest.customerId, customerReadyToCheckout: true })
    await host.shows("Host* Guest+")
    host.send("customerReadyToCheckout", { customerId, customerReadyToCheckout: true })
    await guest.shows("Host*+ Guest+")
    await host.shows("Host*+ Guest+")
    expect(guest.sees).to.deep.equal(host.sees)
    expect(await freshContent()).to.deep.equal(host.sees)

    await host.close()
    await guest.shows("Host*+ Guest+") // absent, not gone yet
    guest.send("leaveSession")
    await guest.next("leaveSession", 0)
  })

  it("sends an update also when nothing changed", async () => {
    const [host] = await started()
    if (host === undefined) throw new Error("no host")
    const updates = () => host.events().filter((event) => event === "multicartUpdate").length
    await until("the first update", () => updates() === 1)
    for (const n of [2, 3]) {
      host.send("customerReadyToCheckout", { customerId: host.customerId, customerReadyToCheckout: false })
      await until("another update", () => updates() === n)
    }
  })

  it("takes back a page that was reloaded: a new start in the host's place, guests keep their carts", async () => {
    const [host, guest] = await started("Guest")
    if (host === undefined || guest === undefined) throw new Error("nobody came")
    guest.send("updateCart", { customerId: guest.customerId, cartContent: ecwidCart })
    await until("the cart", () => JSON.stringify(host.sees?.[1]?.content) === JSON.stringify(ecwidCart))
    await host.close()
    const reloaded = await storefront()
    await reloaded.start("Host again")
    await guest.shows("Host again* Guest")
    await reloaded.shows("Host again* Guest")
    expect(reloaded.sees?.[1]?.content).to.deep.equal(ecwidCart)
    expect(reloaded.sees).to.deep.equal(guest.sees)
  })

  it("refuses a start while the host answers, and lets it have the place of one who does not, after 2 s", async () => {
    const [host] = await started()
    const other = await storefront()
    expect(await other.refusal("startSession", { customerName: "Other" })).to.equal("session.hostPresent")
    // A half-open host: its process reads nothing any more, and answers no ping.
    host?.webSocket.pause()
    const { customerId } = await other.start("Other")
    expect(customerId).to.be.a("string")
    await other.shows("Other*")
    host?.webSocket.terminate()
  })

  it("leaves nothing behind at the socket of a host who is asked again and again whether it is there", async () => {
    const warnings: string[] = []
    const onWarning = ({ name }: Error): void => void warnings.push(name)
    process.on("warning", onWarning)
    const host = await storefront()
    await host.start("Host")
    let pings = 0
    host.webSocket.on("ping", () => pings++)
    const others = await Promise.all(Array.from({ length: 20 }, () => storefront()))
    for (let round = 0; round < 2; round++) {
      const codes = others.map((other) => other.refusal("startSession", { customerName: "Other" }))
      expect(new Set(await Promise.all(codes))).to.deep.equal(new Set(["session.hostPresent"]))
    }
    expect(pings).to.be.at.least(2)
    expect(warnings).to.deep.equal([])
    process.off("warning", onWarning)
  })

  it("lets a customer resume on another socket with its token, and nobody else", async () => {
    const [host, guest] = await started("Guest")
    if (host === undefined || guest === undefined) throw new Error("nobody came")
    const { customerId, resumeToken } = guest
    await guest.close()
    const thief = await storefront()
    expect(await thief.refusal("resumeSession", { customerId, resumeToken: "guess" })).to.equal(
      "session.wrongResumeToken",
    )
    expect(await thief.refusal("updateCart", { customerId, cartContent: {} })).to.equal("session.notYourCustomer")
    const again = await storefront()
    expect(await again.enter("resumeSession", { customerId, resumeToken })).to.include({ customerId })
    again.send("updateCart", { customerId, cartContent: { a: 1 } })
    await until("the cart", () => JSON.stringify(host.sees?.[1]?.content) === '{"a":1}')
  })

  it("lets the host kick and members leave; the place passes on; nobody left begins afresh", async () => {
    const [host, first, second] = await started("First", "Second")
    if (host === undefined || first === undefined || second === undefined) throw new Error("nobody came")
    expect(await first.refusal("kick", { customerId: host.customerId })).to.equal("session.notHost")
    host.send("kick", { customerId: second.customerId })
    await first.shows("Host* First")
    expect(await second.refusal("updateCart", { customerId: second.customerId, cartContent: {} })).to.equal(
      "session.notMember",
    )
    host.send("leaveSession")
    await first.shows("First*")
    first.send("leaveSession")
    await first.next("leaveSession", 0)
    const next = await storefront()
    await next.start("Next")
    await next.shows("Next*")
  })

  it("lets only those join whom the host's invitation lets in, once there is one", async () => {
    const [host, guest] = await started("Guest")
    if (host === undefined || guest === undefined) throw new Error("nobody came")
    expect(await guest.refusal("createInvite")).to.equal("session.notHost")
    expect(await host.refusal("createInvite", { maxUses: 0 })).to.equal("system.invalidParams")
    host.send("createInvite", { maxUses: 1, expiresInSeconds: 60 })
    const { invite } = await host.next("createInvite", 0)
    const [late, invited] = [await storefront(), await storefront()]
    expect(await late.refusal("joinSession", { customerName: "Late" })).to.equal("session.inviteNeeded")
    await invited.enter("joinSession", { customerName: "Invited", invite })
    await host.shows("Host* Guest Invited")
    expect(await late.refusal("joinSession", { customerName: "Late", invite })).to.equal("session.inviteUsedUp")
  })

  it("lets one of two starts at the same moment win, and tells the other", async () => {
    const [a, b] = [await storefront(), await storefront()]
    a.send("startSession", { customerName: "A" })
    b.send("startSession", { customerName: "B" })
    await until("both answers", () => a.messages.length > 0 && b.messages.length > 0)
    const answers = [a, b].map(({ messages }) => messages[0]?.event).toSorted()
    expect(answers).to.deep.equal(["error", "startSession"])
  })

  it("replaces a socket's first customer at its second start or join", async () => {
    const [host, guest] = await started("Guest")
    if (host === undefined || guest === undefined) throw new Error("nobody came")
    await guest.join("Guest again")
    await host.shows("Host* Guest again")
    await host.start("Host again")
    await guest.shows("Host again* Guest again")
  })

  describe("bad input: told to the sender, and the rest of the session goes on", () => {
    it("answers every bad message with an error, and keeps the socket", async () => {
      const [host, guest] = await started("Guest")
      if (host === undefined || guest === undefined) throw new Error("nobody came")
      const raw: [string | Buffer, string][] = [
        ["not JSON", "legacy.notJson"],
        ["", "legacy.notJson"],
        ["[]", "legacy.notJson"],
        ["5", "legacy.notJson"],
        ["null", "legacy.notJson"],
        [Buffer.from([0, 1, 2]), "legacy.notJson"],
        ["{}", "legacy.unknownEvent"],
        ['{"event":5}', "legacy.unknownEvent"],
        ['{"event":"explode"}', "legacy.unknownEvent"],
        ['{"event":"__proto__"}', "legacy.unknownEvent"],
      ]
      for (const [frame, code] of raw) {
        const from = guest.messages.length
        guest.webSocket.send(frame)
        expect((await guest.next("error", from)).code, String(frame)).to.equal(code)
      }
      const payloads = [undefined, null, 5, "x", [], {}, { customerName: 5 }]
      for (const payload of payloads)
        expect(await guest.refusal("joinSession", payload)).to.equal("system.invalidParams")
      for (const customerName of ["", "  ", "x".repeat(10_000), "a\u0007b"]) {
        expect(await guest.refusal("joinSession", { customerName })).to.equal("system.invalidParams")
      }
      const { customerId } = guest
      for (const cartContent of [undefined, null, 5, [], "x"]) {
        expect(await guest.refusal("updateCart", { customerId, cartContent })).to.equal("system.invalidParams")
      }
      const large = { customerId, cartContent: { text: "x".repeat(260 * 1024) } }
      expect(await guest.refusal("updateCart", large)).to.equal("session.cartTooLarge")
      const strangers = { customerId: "nobody", cartContent: {} }
      expect(await guest.refusal("updateCart", strangers)).to.equal("session.notMember")
      const hosts = { customerId: host.customerId, cartContent: {} }
      expect(await guest.refusal("updateCart", hosts)).to.equal("session.notYourCustomer")

      guest.send("updateCart", { customerId, cartContent: { still: "here" } })
      await until("the session to go on", () => JSON.stringify(host.sees?.[1]?.content) === '{"still":"here"}')
    })

    it("shows who was refused the state as it is", async () => {
      const [host, guest] = await started("Guest")
      if (host === undefined || guest === undefined) throw new Error("nobody came")
      await host.shows("Host* Guest")
      const from = host.messages.length
      const ready = { customerId: host.customerId, customerReadyToCheckout: true }
      expect(await host.refusal("customerReadyToCheckout", ready)).to.equal("session.guestsNotReady")
      const update = await host.next("multicartUpdate", from)
      expect(update.multicartContent[0].owner.isReadyToCheckout).to.equal(false)
    })

    it("refuses a join before the start, and updates after leaving", async () => {
      const early = await storefront()
      expect(await early.refusal("joinSession", { customerName: "Early" })).to.equal("session.notStarted")
      const [, guest] = await started("Guest")
      if (guest === undefined) throw new Error("nobody came")
      const { customerId } = guest
      guest.send("leaveSession")
      await guest.next("leaveSession", 0)
      expect(await guest.refusal("updateCart", { customerId, cartContent: {} })).to.equal("session.notMember")
    })

    it("carries out a burst of 1,000 messages, the last of which arrives", async () => {
      const [host, guest] = await started("Guest")
      if (host === undefined || guest === undefined) throw new Error("nobody came")
      for (let n = 1; n <= 1000; n++) guest.send("updateCart", { customerId: guest.customerId, cartContent: { n } })
      await until("the last of them", () => JSON.stringify(host.sees?.[1]?.content) === '{"n":1000}')
      expect(host.sees).to.deep.equal(await freshContent())
    })

    it("closes a socket that sends a frame of 10 MB, and only that", async () => {
      const [host, guest] = await started("Guest")
      guest?.webSocket.send("x".repeat(10_000_000))
      const [code] = (await once(guest?.webSocket as WebSocket, "close")) as [number]
      expect(code).to.equal(1009)
      host?.send("updateCart", { customerId: host.customerId, cartContent: { b: 2 } })
      await until("the session to go on", () => JSON.stringify(host?.sees?.[0]?.content) === '{"b":2}')
    })

    it("goes on beside a socket that never reads, whose update is one at a time", async () => {
      const [host, guest] = await started("Guest")
      if (host === undefined || guest === undefined) throw new Error("nobody came")
      guest.webSocket.pause()
      for (let n = 1; n <= 50; n++) {
        host.send("updateCart", { customerId: host.customerId, cartContent: { n, text: "x".repeat(200_000) } })
      }
      await until(
        "the last update at the host's",
        () => (host.sees?.[0]?.content as { n?: number } | undefined)?.n === 50,
      )
      guest.webSocket.resume()
      await until(
        "the last update at the guest's",
        () => (guest.sees?.[0]?.content as { n?: number } | undefined)?.n === 50,
      )
    })
  })

  describe("the upgrade", () => {
    /** The status line of an upgrade request to a raw path. */
    async function statusOf(path: string, headers = ""): Promise<number> {
      const { port } = new URL(product.edgeUrl)
      const socket = connect(Number(port), "127.0.0.1")
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`,
      )
      const [data] = (await once(socket, "data")) as [Buffer]
      socket.destroy()
      return Number(data.toString().split(" ")[1])
    }

    it("is refused with 400 for what is no session id", async () => {
      for (const path of [
        "/",
        "/a.b",
        "/*",
        "/>",
        "/a/b",
        "/a%20b",
        "/%E2%82%AC",
        `/${"x".repeat(65)}`,
        "//",
        "/a//b",
        "/%2Fa",
      ]) {
        expect(await statusOf(path), path).to.equal(400)
      }
      expect(await statusOf("/good-ID_1")).to.equal(101)
    })

    it("takes the ids of old storefronts, with a ~ and with slashes around them, for one session", async () => {
      const sessionId = `V1~${randomUUID().slice(0, 8)}~_`
      for (const path of ["/~", "//~", "/~/", "///~//", "/%7e", "/~?a=/b/"])
        expect(await statusOf(path), path).to.equal(101)
      const host = await storefront([], sessionId)
      await host.start("Host")
      for (const [i, path] of [`/${sessionId}`, `${sessionId}/`, sessionId.replaceAll("~", "%7E")].entries()) {
        const guest = await storefront([], path)
        await guest.join(`Guest ${i}`)
      }
      await host.shows("Host* Guest 0 Guest 1 Guest 2")
    })

    it("echoes the first subprotocol that is offered, or none", async () => {
      expect((await storefront(["old-protocol", "other"])).webSocket.protocol).to.equal("old-protocol")
      expect((await storefront()).webSocket.protocol).to.equal("")
    })
  })
})

describe("the old storefronts' WebSocket with PROTOCOL and LEGACY_CUSTOMER_BINDING=session", () => {
  const protocol = "buddyshopping"
  const product = useProduct({ protocol, sessions: { binding: "session" } })

  it("refuses another subprotocol with HTTP 400, before the upgrade", async () => {
    for (const protocols of [[], ["other"]]) {
      const webSocket = new WebSocket(`${product.edgeUrl.replace("http", "ws")}/any`, protocols)
      webSocket.on("error", () => {})
      const [, response] = (await once(webSocket, "unexpected-response")) as [unknown, { statusCode: number }]
      expect(response.statusCode).to.equal(400)
      webSocket.terminate()
    }
  })

  it("lets any socket of the session speak for any of its customers; both always see the same", async () => {
    const id = `s-${randomUUID().slice(0, 13)}`
    const guest = await Storefront.open(product.edgeUrl, id, [protocol])
    const host = await Storefront.open(product.edgeUrl, id, [protocol])
    expect(host.webSocket.protocol).to.equal(protocol)

    await host.start("Host")
    host.send("updateCart", { customerId: host.customerId, cartContent: { first: true } })
    await until("the host's cart", () => JSON.stringify(host.sees?.[0]?.content) === '{"first":true}')
    expect(guest.messages, "hears nothing until it joins").to.deep.equal([])

    await guest.join("Guest")
    host.send("updateCart", { customerId: guest.customerId, cartContent: ecwidCart })
    for (const each of [host, guest]) {
      await until("the guest's cart", () => JSON.stringify(each.sees?.[1]?.content) === JSON.stringify(ecwidCart))
    }
    expect(guest.sees).to.deep.equal(host.sees)

    const leaving = (cid: string, { customerId }: Storefront) =>
      resRequest(product.nats, `call.session.${id}.multicart.leave`, { cid, params: { customerId } })
    const byHand = await resRequest(product.nats, `call.session.${id}.multicart.join`, {
      cid: "by-hand",
      params: { customerName: "By hand" },
    })
    for (const each of [host, guest])
      expect((await leaving("by-hand", each)).error?.code, "takes nobody else out").to.equal("session.notYourCustomer")
    await host.shows("Host* Guest By hand")
    await leaving("by-hand", { ...host, customerId: byHand.result.customerId } as Storefront)
    await host.shows("Host* Guest")

    const own = { customerId: host.customerId }
    for (const [event, payload] of [
      ["beginCheckout", own],
      ["disown", { ...own, line: "x", disowned: true }],
      ["offerItem", { ...own, to: guest.customerId, item: {} }],
      ["answerOffer", { ...own, offer: "x", accept: true }],
    ] as const)
      expect(await guest.refusal(event, payload), "old pages send none of these").to.equal("session.notYourCustomer")

    const stranger = await Storefront.open(product.edgeUrl, id, [protocol])
    const refused = await stranger.refusal("updateCart", { customerId: guest.customerId, cartContent: {} })
    expect(refused).to.equal("session.notYourCustomer")
    await Promise.all([host, guest, stranger].map((each) => each.close()))
  })
})

describe("a host who is asked whether it is there, by processes that stand still then", () => {
  const product = useProduct()
  const openPage = useStorefronts(product)

  /** For longer than anybody is waited for. */
  const standStill = (): void => {
    const until = performance.now() + 3000
    while (performance.now() < until);
  }

  it("is found by its edge, when it has answered meanwhile", async () => {
    let cid = ""
    product.nats.subscribe("call.session.still.multicart.start", {
      callback: (_, msg) => {
        cid = msg.json<{ cid: string }>().cid
      },
    })
    await product.nats.flush()
    const host = await openPage("still")
    await host.start("Host")
    await until("its call", () => cid !== "")
    host.webSocket.once("ping", standStill)
    const subject = edgePingSubject(edgeOfCid(cid) ?? "")
    const answer = await product.nats.request(subject, cid, { timeout: PATIENCE_MS })
    expect(answer.json()).to.deep.equal({ alive: true })
  })

  it("is found by the service, when its edge has answered meanwhile", async () => {
    const cid = newEdgeCid("abc")
    let asked = 0
    product.nats.subscribe(edgePingSubject("abc"), {
      callback: (_, msg) => {
        asked++
        msg.respond(JSON.stringify({ alive: true }))
        // After the answer is sent.
        if (asked === 1) setImmediate(standStill)
      },
    })
    await product.nats.flush()
    expect(await askConnections(product.nats)(cid)).to.equal(true)
  })
})
