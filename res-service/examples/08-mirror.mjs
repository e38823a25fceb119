// Mirror: a program that keeps a live copy of resources, without a gateway. Run it with example 3 or 4.
//
// | what                | does                                                                  |
// | ------------------- | --------------------------------------------------------------------- |
// | client.mirror(rid)  | a copy of the resource and all that it refers to, kept up to date     |
// | mirror.value        | its content as plain JSON                                             |
// | mirror.onEvent      | calls a listener for each event, in order                             |
// | client.call         | calls a method                                                        |
//
// Things to try
// - Change a title with curl: it is printed here.
// - Stop and start the service, or nats-server, and change something in between: the copy catches up.
import { connectNats } from "res-service"
import { Client } from "res-service/client"

const conn = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")
const client = new Client(conn)

const books = client.mirror("library.books")
await books.ready
console.log("mirroring", JSON.stringify(books.value))
books.onEvent((event) => console.log(event.type, event.rid, JSON.stringify(books.value)))
