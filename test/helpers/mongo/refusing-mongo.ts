import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { BSON, type Document } from "mongodb"

/** OP_MSG, and where its first section's document begins. Source: MongoDB wire protocol, "OP_MSG". */
const OP_MSG = 2013
const DOCUMENT_AT = 21

/** Says what a command is answered with instead of being passed on; undefined: it is passed on. */
export type Refuse = (command: Document) => Document | undefined

/** A way to a MongoDB that answers some commands itself. */
export interface RefusingMongo {
  readonly port: number
  /** From now on. Undefined: nothing is refused any more. */
  refuse(refuse: Refuse | undefined): void
  stop(): Promise<void>
}

/** Listens on a free port of 127.0.0.1 and passes commands on to a server, and all of its answers back. */
export async function startRefusingMongo(target: { host: string; port: number }): Promise<RefusingMongo> {
  const sockets = new Set<Socket>()
  let refuse: Refuse | undefined

  const keep = (socket: Socket): void => {
    sockets.add(socket)
    // Its end is all there is to know of a connection.
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    const far = connect(target)
    keep(near)
    keep(far)
    near.on("close", () => far.destroy())
    far.on("close", () => near.destroy())
    far.pipe(near)
    let rest = Buffer.alloc(0)
    near.on("data", (data) => {
      rest = Buffer.concat([rest, data])
      for (let length = lengthOf(rest); rest.length >= length; length = lengthOf(rest)) {
        const message = rest.subarray(0, length)
        rest = rest.subarray(length)
        const answer = message.readInt32LE(12) === OP_MSG ? refuse?.(commandOf(message)) : undefined
        if (answer === undefined) far.write(message)
        else near.write(replyTo(message, answer))
      }
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")

  return {
    port: (server.address() as AddressInfo).port,
    refuse: (given) => {
      refuse = given
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, "close")
    },
  }
}

/** Infinite while not even the length is there. */
function lengthOf(data: Buffer): number {
  return data.length < 4 ? Number.POSITIVE_INFINITY : data.readInt32LE(0)
}

function commandOf(message: Buffer): Document {
  const length = message.readInt32LE(DOCUMENT_AT)
  return BSON.deserialize(message.subarray(DOCUMENT_AT, DOCUMENT_AT + length))
}

function replyTo(request: Buffer, answer: Document): Buffer {
  const document = BSON.serialize(answer)
  const reply = Buffer.alloc(DOCUMENT_AT + document.length)
  reply.writeInt32LE(reply.length, 0)
  reply.writeInt32LE(request.readInt32LE(4), 8)
  reply.writeInt32LE(OP_MSG, 12)
  reply.set(document, DOCUMENT_AT)
  return reply
}
