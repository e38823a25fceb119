// The bare path's edge: node:http, and a RES call over NATS for each POST. No Express, no zod, no limits, no timeouts.
// A process of its own: NATS URL as argument; prints its port.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { connect } from "nats"
import { Replies } from "./replies.ts"

const replies = new Replies(await connect({ servers: process.argv[2] ?? "" }))
const PATH = "/publish/"

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on("data", (chunk: Buffer) => chunks.push(chunk))
  req.on("end", () => {
    const body = Buffer.concat(chunks).toString()
    const shopId = req.url?.slice(PATH.length)
    const event = JSON.parse(body) as { shop_id: string }
    if (event.shop_id !== shopId) {
      res.writeHead(422).end()
      return
    }
    replies.request(`call.store.${shopId}.feed.publish`, `{"params":${body}}`, (reply) => {
      const { result } = reply.json<{ result: { seq: number } }>()
      const answer = `{"status":"Message sent to shop ID ${shopId}"}`
      res.writeHead(200, {
        "content-type": "application/json",
        "content-length": answer.length,
        "x-event-seq": result.seq,
      })
      res.end(answer)
    })
  })
})
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port))
