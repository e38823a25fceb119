// What the gateway's figures stand beside: Socket.IO that takes events from NATS and sends them to rooms.
// A process of its own: NATS URL as argument; prints its port.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { connect } from "nats"
import { Server } from "socket.io"

const nats = await connect({ servers: process.argv[2] ?? "" })
const http = createServer()
// The load counts frames and answers none of Socket.IO's pings, so none may come while it runs.
const io = new Server(http, { transports: ["websocket"], serveClient: false, pingInterval: 3_600_000 })
io.on("connection", (socket) => {
  socket.on("join", (room: string) => {
    void socket.join(room)
    socket.emit("joined")
  })
})
nats.subscribe("event.>", {
  callback: (_, msg) => {
    const parts = msg.subject.split(".")
    io.to(parts.slice(1, -1).join(".")).emit(parts.at(-1) ?? "", msg.json())
  },
})
await nats.flush()
http.listen(0, "127.0.0.1", () => console.log((http.address() as AddressInfo).port))
