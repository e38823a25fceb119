// What a first version often is: Express, and a publish to NATS that nobody acknowledges.
// A process of its own: NATS URL as argument; prints its port.
import type { AddressInfo } from "node:net"
import express from "express"
import { connect } from "nats"
import { shopSubject } from "../../contract/subjects.ts"

const nats = await connect({ servers: process.argv[2] ?? "" })
const app = express()
app.use(express.json())
app.post("/publish/:shop_id", (req, res) => {
  const { shop_id } = req.params
  nats.publish(shopSubject(shop_id), JSON.stringify(req.body))
  res.json({ status: `Message sent to shop ID ${shop_id}` })
})
const server = app.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port))
