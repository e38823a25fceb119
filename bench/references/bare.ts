// What the edge's figures stand beside: a bare node:http server that reads the JSON and answers the same, and stores nothing.
// A process of its own; prints its port.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on("data", (chunk: Buffer) => chunks.push(chunk))
  req.on("end", () => {
    const { shop_id } = JSON.parse(Buffer.concat(chunks).toString()) as { shop_id: string }
    res.setHeader("content-type", "application/json")
    res.end(JSON.stringify({ status: `Message sent to shop ID ${shop_id}` }))
  })
})
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port))
