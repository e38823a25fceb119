import type { ClusterMember } from "../../tools/nats/conf.ts"
import { startNats, type TestNats } from "./nats.ts"
import { freePort } from "./ports.ts"

/** A cluster of three real nats-servers, for streams with replicas. */
export interface TestCluster {
  readonly servers: readonly TestNats[]
  readonly urls: string[]
  /** The server of the given name; JetStream names leaders and replicas by it. */
  server(name: string): TestNats
  stop(): Promise<void>
}

/** Starts it on free ports. A stream can be made once the three have found a leader: try until it is. */
export async function startNatsCluster(): Promise<TestCluster> {
  const routePorts = [await freePort(), await freePort(), await freePort()]
  const members: ClusterMember[] = routePorts.map((routePort, i) => ({
    name: `n${i}`,
    routePort,
    routePorts,
    password: "test",
  }))
  const servers = await Promise.all(members.map((cluster) => startNats({ cluster })))
  return {
    servers,
    urls: servers.map(({ url }) => url),
    server: (name) => {
      const found = servers[members.findIndex((member) => member.name === name)]
      if (found === undefined) throw new Error(`there is no nats-server ${name}`)
      return found
    },
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}
