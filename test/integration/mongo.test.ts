import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { Socket } from "node:net"
import { expect } from "chai"
import { openMongo } from "../../service/archive/mongo.ts"
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

  it("finds the server again after its connections were cut as a heartbeat began, which the driver never ends", async () => {
    const sockets = new Set<Socket>()
    const note = (message: unknown): void => void sockets.add((message as { socket: Socket }).socket)
    subscribe(CLIENT_SOCKETS, note)
    const url = new URL(server.url)
    url.searchParams.set("heartbeatFrequencyMS", "500")
    const mongo = openMongo("test", url.href, 500)
    try {
      await mongo.connect()
      await mongo.db.command({ ping: 1 })
      const { client } = mongo.db
      let ended = 0
      client.on("serverHeartbeatSucceeded", () => ended++)
      client.on("serverHeartbeatFailed", () => ended++)
      client.once("serverHeartbeatStarted", () => {
        ended = 0
        for (const socket of sockets) socket.destroy()
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
      unsubscribe(CLIENT_SOCKETS, note)
      await mongo.close()
    }
  })
})
