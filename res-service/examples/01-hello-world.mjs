// Hello world: a model that anyone may read.
//
// | rid              | type  | content       | access |
// | ---------------- | ----- | ------------- | ------ |
// | example.greeting | model | { message }   | get    |
//
// Things to try
// - curl http://127.0.0.1:8080/api/example/greeting
// - Change the message here and start the example again while a client watches: it sees the change, because gateways fetch
//   everything again when a service starts.
// - Start it twice: both instances share the requests.
import { accessGranted, connectNats, model, Service } from "res-service"

const conn = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")

const greeting = model("example.greeting", {
  access: () => accessGranted,
  get: () => ({ message: "Hello, World!" }),
})

await new Service(conn).add(greeting).start()
console.log("serving example.greeting")
