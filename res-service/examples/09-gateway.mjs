// Gateway: service and gateway in one process. Besides them, only nats-server is needed.
//
// | rid           | type  | content   | events                |
// | ------------- | ----- | --------- | --------------------- |
// | example.clock | model | { time }  | change, once a second |
//
// Things to try
// - curl http://127.0.0.1:8080/api/example/clock
// - In a browser: new ResClient("ws://127.0.0.1:8080").get("example.clock").then((clock) => clock.on("change", ...))
// - Pass the gateway the contents of a resgate.config.json: it accepts Resgate's keys.
import { accessGranted, connectNats, model, Service } from "res-service"
import { createGateway } from "res-service/gateway"

const servers = process.env.NATS_URL ?? "nats://127.0.0.1:4222"
const port = Number(process.env.GATEWAY_PORT ?? 8080)

let time = new Date().toISOString()

const clock = model("example.clock", {
  access: () => accessGranted,
  get: () => ({ time }),
  // Events for changes that no request makes: `send` runs its task in the queue of the resource.
  onStart: (send) => {
    const ticking = setInterval(() => {
      void send({}, (events) => {
        time = new Date().toISOString()
        events.change({ time })
      })
    }, 1000)
    return () => clearInterval(ticking)
  },
})

const service = new Service(await connectNats(servers)).add(clock)
await service.start()
// A connection of its own, so that gateway and service do not wait for each other's traffic.
const gateway = createGateway(await connectNats(servers), { addr: "127.0.0.1", port })
await gateway.start()
console.log(`serving http://127.0.0.1:${gateway.address.port}/api/example/clock`)
