// Mirror: a program that keeps a live copy of resources, without a gateway. Run it beside example 3 or 4.
//
// | what                | does                                                                  |
// | ------------------- | --------------------------------------------------------------------- |
// | client.mirror(rid)  | a copy of the resource and of all that it refers to, kept up to date  |
// | mirror.value        | all of it as plain JSON                                               |
// | mirror.onEvent      | what changes, in order                                                |
// | client.call         | calls a method                                                        |
//
// Things to try
// - Change a title by curl: it is printed here.
// - Stop and start the service, or nats-server, and change something meanwhile: the copy catches up.
import { connectNats } from "res-service"
import { Client } from "res-service/client"

const conn = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")
const client = new Client(conn)

const books = client.mirror("library.books")
await books.ready
console.log("mirroring", JSON.stringify(books.value))
books.onEvent((event) => console.log(event.type, event.rid, JSON.stringify(books.value)))
