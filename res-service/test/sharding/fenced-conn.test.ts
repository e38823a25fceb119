import { install } from "@sinonjs/fake-timers"
import { expect } from "chai"
import { type Conn, type ConnStatus, silentLogger } from "../../src/mod.ts"
import { FencedConn } from "../../src/sharding/fenced-conn.ts"
import type { LeaseEvent } from "../../src/sharding/lease.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"

/** More than a fence keeps for one that does not hold the lease. */
const FLOOD = 200
const PAYLOAD = "x".repeat(64 * 1024)

describe("FencedConn", () => {
  const setUp = () => {
    const broker = new MemoryBroker()
    const other = broker.connect()
    const heard: string[] = []
    other.subscribe("event.>", ({ subject }) => heard.push(subject))
    const listeners: ((event: LeaseEvent) => void)[] = []
    const tell = (event: LeaseEvent): void => {
      for (const listener of listeners) listener(event)
    }
    const lease = {
      held: true,
      onEvent: (listener: (event: LeaseEvent) => void) => {
        listeners.push(listener)
        return () => {}
      },
    }
    const fenced = (conn: Conn) => new FencedConn(conn, lease, silentLogger)
    const conn = fenced(broker.connect())
    const taken: string[] = []
    conn.subscribe("in.>", ({ subject }) => taken.push(subject))
    const statuses: ConnStatus[] = []
    conn.onStatus((status) => statuses.push(status))
    return {
      broker,
      fenced,
      conn,
      heard,
      taken,
      statuses,
      ask: async (subject: string, payload = "") => {
        other.publish(subject, payload)
        await other.flush()
      },
      /** Resolves to the code of the error that answers a request. */
      refusal: (subject: string): Promise<string> =>
        new Promise((resolve) => {
          const inbox = other.newInbox()
          other.subscribe(inbox, ({ data }) => resolve(JSON.parse(Buffer.from(data).toString()).error?.code))
          other.publish(subject, "", inbox)
        }),
      runOut: () => {
        lease.held = false
      },
      renew: async () => {
        lease.held = true
        tell("renewed")
        await other.flush()
      },
      lose: async () => {
        lease.held = false
        tell("lost")
        await other.flush()
      },
      settled: () => other.flush(),
    }
  }

  it("sends and hands over at once while the lease is held", async () => {
    const { conn, heard, taken, ask } = setUp()
    conn.publish("event.1", "")
    await ask("in.1")
    expect([heard, taken]).to.deep.equal([["event.1"], ["in.1"]])
  })

  it("keeps what comes while it is not held, and passes it on in its order when it is renewed", async () => {
    const { conn, heard, taken, ask, runOut, renew, settled } = setUp()
    runOut()
    conn.publish("event.1", "")
    await ask("in.1")
    conn.publish("event.2", "")
    await ask("in.2")
    await settled()
    expect([heard, taken]).to.deep.equal([[], []])
    await renew()
    conn.publish("event.3", "")
    await settled()
    expect([heard, taken]).to.deep.equal([
      ["event.1", "event.2", "event.3"],
      ["in.1", "in.2"],
    ])
  })

  it("drops everything when the lease is lost, and passes nothing any more", async () => {
    const { conn, heard, taken, ask, runOut, lose, renew } = setUp()
    runOut()
    conn.publish("event.1", "")
    await ask("in.1")
    await lose()
    conn.publish("event.2", "")
    await ask("in.2")
    await renew()
    expect([heard, taken]).to.deep.equal([[], []])
    expect(conn.connected).to.equal(false)
  })

  it("refuses instead of an answer that comes, or has waited, when the lease is lost", async () => {
    for (const isLate of [false, true]) {
      const { conn, refusal, runOut, lose, settled } = setUp()
      const taken = new Promise<string>((resolve) => {
        conn.subscribe("ask.>", ({ reply = "" }) => resolve(reply))
      })
      const refused = refusal("ask.1")
      const reply = await taken
      runOut()
      if (isLate) await lose()
      conn.publish(reply, '{"result":1}')
      if (!isLate) await lose()
      await settled()
      expect(await refused).to.equal("system.serviceUnavailable")
    }
  })

  it("refuses what it has not passed on when the lease is lost", async () => {
    const { refusal, taken, runOut, lose, settled } = setUp()
    runOut()
    const refused = refusal("in.1")
    await settled()
    await lose()
    expect(await refused).to.equal("system.serviceUnavailable")
    expect(taken).to.deep.equal([])
  })

  it("keeps what is sent without a connection, and says that there is one when the lease covers it", async () => {
    const { broker, conn, heard, statuses, runOut, renew, settled } = setUp()
    broker.disconnect()
    conn.publish("event.1", "")
    runOut()
    broker.reconnect()
    conn.publish("event.2", "")
    await settled()
    expect([heard, statuses]).to.deep.equal([[], ["disconnected"]])
    await renew()
    expect([heard, statuses]).to.deep.equal([
      ["event.1", "event.2"],
      ["disconnected", "connected"],
    ])
  })

  it("does not wait for a renewal when the lease outlasts the outage", async () => {
    const { broker, conn, heard, statuses, settled } = setUp()
    broker.disconnect()
    conn.publish("event.1", "")
    broker.reconnect()
    await settled()
    expect([heard, statuses]).to.deep.equal([["event.1"], ["disconnected", "connected"]])
  })

  it("drops what is too much to keep, and has everything reset then", async () => {
    const { conn, heard, statuses, runOut, renew } = setUp()
    runOut()
    for (let i = 0; i < FLOOD; i++) conn.publish("event.flood", PAYLOAD)
    await renew()
    expect(heard.length).to.be.lessThan(FLOOD)
    expect(statuses).to.deep.equal(["connected"])
  })

  it("drops requests that are too much to keep", async () => {
    const { taken, ask, runOut, renew } = setUp()
    runOut()
    for (let i = 0; i < FLOOD; i++) await ask("in.flood", PAYLOAD)
    await renew()
    expect(taken.length).to.be.greaterThan(0).and.to.be.lessThan(FLOOD)
  })

  it("refuses requests, those that wait too, when the lease is not renewed for long, and hands on when it is renewed", async () => {
    const { taken, ask, refusal, runOut, renew, settled } = setUp()
    runOut()
    expect(await refusal("in.waits")).to.equal("system.serviceUnavailable")
    let code: string | undefined
    void refusal("in.later").then((refused) => {
      code = refused
    })
    // No timer runs before these resolve: it does not wait for the next check.
    await settled()
    await settled()
    expect(code).to.equal("system.serviceUnavailable")
    await renew()
    await ask("in.renewed")
    expect(taken).to.deep.equal(["in.renewed"])
  })

  it("refuses nothing on a reply subject that passes for an event, or where it would be stored", async () => {
    const { broker, refusal, runOut } = setUp()
    const written: string[] = []
    for (const forbidden of ["event.>", "$KV.>"])
      broker.connect().subscribe(forbidden, (msg) => written.push(msg.subject))
    const sender = broker.connect()
    runOut()
    sender.publish("in.1", "", "event.library.book.change")
    sender.publish("in.2", "", "$KV.sessions.1")
    expect(await refusal("in.3")).to.equal("system.serviceUnavailable")
    await sender.flush()
    expect(written).to.deep.equal([])
  })

  it("keeps requests while there is no connection, however long", async () => {
    // Only its checks come: if the machine stood still, too, the request would be too old.
    const clock = install({ toFake: ["setInterval", "clearInterval"] })
    try {
      const { broker, taken, ask, runOut, renew } = setUp()
      runOut()
      await ask("in.1")
      broker.disconnect()
      clock.tick(60_000)
      broker.reconnect()
      await renew()
      expect(taken).to.deep.equal(["in.1"])
    } finally {
      clock.uninstall()
    }
  })

  it("drops requests that have waited so long that those who ask have given them up", async () => {
    const { taken, ask, runOut, renew } = setUp()
    runOut()
    await ask("in.old")
    const { now } = performance
    performance.now = () => now.call(performance) + 6000
    try {
      await ask("in.new")
      await renew()
    } finally {
      performance.now = now
    }
    expect(taken).to.deep.equal(["in.new"])
  })

  it("sends all others when one cannot be sent, and has everything reset then", async () => {
    const { broker, heard, statuses, runOut, renew, fenced } = setUp()
    const inner = broker.connect()
    const publish = inner.publish.bind(inner)
    inner.publish = (subject, payload, reply) => {
      if (subject === "event.2") throw new Error("too large")
      publish(subject, payload, reply)
    }
    const conn = fenced(inner)
    conn.onStatus((status) => statuses.push(status))
    runOut()
    for (const subject of ["event.1", "event.2", "event.3"]) conn.publish(subject, "")
    await renew()
    expect([heard, statuses]).to.deep.equal([["event.1", "event.3"], ["connected"]])
  })

  it("hands nothing over to a subscription that has ended meanwhile", async () => {
    const { conn, ask, runOut, renew } = setUp()
    const taken: string[] = []
    const subscription = conn.subscribe("in.>", ({ subject }) => taken.push(subject))
    runOut()
    await ask("in.1")
    subscription.unsubscribe()
    await renew()
    expect(taken).to.deep.equal([])
  })

  it("drops an answer that comes after the connection was closed", async () => {
    const { broker, fenced, lose } = setUp()
    const under = broker.connect()
    let close = (): void => {}
    const conn = fenced({
      ...under,
      publish: () => {
        throw new Error("closed connection")
      },
      onStatus: (listener) => {
        close = () => listener("closed")
        return () => {}
      },
    })
    await lose()
    close()
    expect(() => conn.publish(under.newInbox(), "")).not.to.throw()
  })
})
