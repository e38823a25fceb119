// Events that the log's stream stores, straight from one NATS connection, and what that costs nats-server: a single server, and three
// servers with three replicas. All share the machine.
// npm run bench -- store [events]
import { randomUUID } from "node:crypto"
import { loadavg } from "node:os"
import { jetstream } from "@nats-io/jetstream"
import { connect } from "nats"
import { silentLogger } from "res-service"
import { shopSubject } from "../contract/subjects.ts"
import { JetStream } from "../service/jetstream/jetstream.ts"
import { openStream, STREAM } from "../service/log/stream.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { startNats, type TestNats } from "../test/helpers/nats.ts"
import { startNatsCluster } from "../test/helpers/nats-cluster.ts"
import { until } from "../test/helpers/until.ts"
import { cpuSeconds } from "./processes.ts"
import { report, timed } from "./stats.ts"

const SHOPS = 1000
/** Publications under way, since a stream drops what comes faster than it can store. */
const CHUNK = 1000
const OPEN_MS = 30_000

const events = Number(process.argv[2] ?? 40_000)
const messages = Array.from({ length: SHOPS }, () => {
  const shop_id = randomUUID()
  return { subject: shopSubject(shop_id), body: JSON.stringify(publishEvent({ shop_id })) }
})

const single = await startNats()
await measure(1, [single])
await single.stop()
const cluster = await startNatsCluster()
await measure(3, cluster.servers)
await cluster.stop()

async function measure(replicas: number, servers: readonly TestNats[]): Promise<void> {
  const nats = await connect({ servers: servers.map(({ url }) => url) })
  const js = new JetStream(nats, { replicas, logger: silentLogger })
  const open = () =>
    openStream(js, { maxAgeDays: 0, maxMiB: 0 }).then(
      () => true,
      () => false,
    )
  await until("the stream to be made", open, OPEN_MS)
  const log = jetstream(nats, { timeout: OPEN_MS })
  const publish = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += CHUNK) {
      const some = messages.slice(0, Math.min(CHUNK, count - i))
      await Promise.all(some.map(({ subject, body }) => log.publish(subject, body)))
    }
  }
  await publish(CHUNK)
  const cpu = (): number[] => servers.map(({ pid }) => cpuSeconds(pid ?? 0))
  const before = cpu()
  const ms = await timed(() => publish(events))
  const micros = cpu().map((now, i) => Math.round(((now - (before[i] ?? 0)) * 1e6) / events))
  const { cluster: placed } = await js.info(STREAM)
  report("events stored", {
    replicas,
    perSecond: Math.round((events / ms) * 1000),
    cpuMicrosOfEachServer: micros,
    leader: placed?.leader,
    load: loadavg()[0],
  })
  await nats.close()
}
