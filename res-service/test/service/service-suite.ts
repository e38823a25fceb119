import { connect, type NatsConnection } from "nats"
import { type AnyResource, natsConn } from "res-service"
import { ServiceKit, type ServiceKitOptions } from "res-service/testing"
import { startNats, type TestNats } from "../../../test/helpers/nats.ts"

/** Starts a service, and passes over what is sent at the start. */
export type Start = (resources: readonly AnyResource[], options?: ServiceKitOptions) => Promise<ServiceKit>

/** Describes `title` twice: the same tests in memory and on a real nats-server. */
export function inMemoryAndOnNats(title: string, suite: (start: Start) => void): void {
  describe(`${title}, in memory`, () => suite(starter(undefined)))

  describe(`${title}, on nats-server`, () => {
    let nats: TestNats | undefined

    before(async () => {
      nats = await startNats()
    })

    after(() => nats?.stop())

    suite(starter(() => nats?.url ?? ""))
  })
}

function starter(url: (() => string) | undefined): Start {
  const kits: ServiceKit[] = []
  const connections: NatsConnection[] = []
  const open = async (servers: string) => {
    const connection = await connect({ servers })
    connections.push(connection)
    return natsConn(connection)
  }

  afterEach(async () => {
    for (const kit of kits.splice(0)) await kit.stop()
    for (const connection of connections.splice(0)) await connection.close()
  })

  return async (resources, options = {}) => {
    const kit = await ServiceKit.start(
      resources,
      url === undefined ? options : { ...options, connect: () => open(url()) },
    )
    kits.push(kit)
    await kit.rest()
    return kit
  }
}
