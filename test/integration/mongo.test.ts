import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { Socket } from "node:net"
import { expect } from "chai"
import { type Mongo, openMongo } from "../../service/archive/mongo.ts"
import { startMongo, type TestMongo } from "../helpers/mongo/mongo.ts"
import { skip } from "../helpers/skip.ts"
import { until } from "../helpers/until.ts"

const CLIENT_SOCKETS = "net.client.socket"

describe("openMongo()", () => {
  let server: TestMongo

  before(async function () {
    const started = await startMongo()
    if (typeof started === "string") skip(this, started)
    server = started
  })

  after(() => server?.stop())

  /** Connected. Its client's sockets can be destroyed; `heartbeatFrequencyMS` is 500. */
  const openWithSockets = async (): Promise<{ mongo: Mongo; cut: () => void; stop: () => Promise<void> }> => {
    const sockets = new Set<Socket>()
    const note = (message: unknown): void => void sockets.add((message as { socket: Socket }).socket)
    subscribe(CLIENT_SOCKETS, note)
    const url = new URL(server.url)
    url.searchParams.set("heartbeatFrequencyMS", "500")
    const mongo = openMongo("test", url.href, 500)
    // On a busy machine that may take longer than its half a second.
    const connected = () => mongo.connect().then(() => mongo.run(() => mongo.db.command({ ping: 1 })))
    await until("a connection", () =>
      connected().then(
        () => true,
        () => false,
      ),
    )
    return {
      mongo,
      cut: () => {
        for (const socket of sockets) socket.destroy()
      },
      stop: async () => {
        unsubscribe(CLIENT_SOCKETS, note)
        await mongo.close()
      },
    }
  }

  it("finds the server again after its connections were cut as a heartbeat began, which the driver never ends", async () => {
    const { mongo, cut, stop } = await openWithSockets()
    try {
      const { client } = mongo.db
      let ended = 0
      client.on("serverHeartbeatSucceeded", () => ended++)
      client.on("serverHeartbeatFailed", () => ended++)
      client.once("serverHeartbeatStarted", () => {
        ended = 0
        cut()
      })
      await until("the server to be found again", () =>
        ended === 0
          ? false
          : mongo.db.command({ ping: 1 }).then(
              () => true,
              () => false,
            ),
      )
      expect(ended).to.be.above(0)
    } finally {
      await stop()
    }
  })

  it("fails what is under way when its connections were cut as a command began, which the driver never ends", async () => {
    const { mongo, cut, stop } = await openWithSockets()
    try {
      let hasFailed = false
      mongo.db.client.once("commandStarted", cut)
      mongo
        .run(() => mongo.db.command({ ping: 1 }))
        .catch(() => {
          hasFailed = true
        })
      await until("the command to fail", () => hasFailed)
      await until("commands to succeed again", () =>
        mongo
          .run(() => mongo.db.command({ ping: 1 }))
          .then(
            () => true,
            () => false,
          ),
      )
    } finally {
      await stop()
    }
  })
})
