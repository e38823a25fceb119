import { startNats, type TestNats } from "./nats.ts"
import { freePort } from "./ports.ts"

/** A cluster of three real nats-servers, for streams with replicas. */
export interface TestCluster {
  readonly servers: readonly TestNats[]
  readonly urls: string[]
  stop(): Promise<void>
}

/** Starts it on free ports. A stream can be made once the three have found a leader: try until it is. */
export async function startNatsCluster(): Promise<TestCluster> {
  const ports = [await freePort(), await freePort(), await freePort()]
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`)
  const servers = await Promise.all(
    ports.map((port, i) => {
      const cluster = { name: "test", listen: `127.0.0.1:${port}`, routes }
      return startNats({ conf: `server_name: n${i}\ncluster ${JSON.stringify(cluster)}` })
    }),
  )
  return {
    servers,
    urls: servers.map(({ url }) => url),
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}
