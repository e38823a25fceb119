// Edit text: a model with a method that changes it. All subscribers see the change at once.
//
// | rid          | type  | content     | calls             | events |
// | ------------ | ----- | ----------- | ----------------- | ------ |
// | example.text | model | { message } | set({ message })  | change |
//
// Stop example 01 first: both answer for all names under `example`, and would take each other's requests.
//
// Things to try
// - curl -X POST http://127.0.0.1:8080/api/example/text/set -d '{"message":"New text"}'
// - Set the same text again: no event is sent.
// - Send {"message":5}: the method does not run, and the answer says what is wrong and where.
import { accessGranted, connectNats, model, Service } from "res-service"
import { z } from "zod"

const conn = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")

let message = "Change me"

const text = model("example.text", {
  access: () => accessGranted,
  get: () => ({ message }),
  call: (method) => ({
    // First change the text, then send the event, then answer. This runs alone in the queue of the resource.
    set: method(z.object({ message: z.string().max(1000) }), (req, params) => {
      if (params.message === message) return
      message = params.message
      req.events.change({ message })
    }),
  }),
})

await new Service(conn).add(text).start()
console.log("serving example.text")
