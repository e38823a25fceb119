import type { ChildProcess } from "node:child_process"
import { connect } from "nats"
import { collection, dataValue, natsConn, Service } from "res-service"
import { publishEvent } from "../../test/helpers/events.ts"
import { startNats } from "../../test/helpers/nats.ts"
import { endChild } from "../children.ts"
import type { Figure, Values } from "../figures/figures.ts"
import { inTurns, type Measurement, type MeasureOptions, orMissing } from "../figures/measure.ts"
import type { FrameSocket } from "../load/frame-socket.ts"
import { countCpu, memoryMiB } from "../processes.ts"
import { summarize } from "../stats.ts"
import { type Kind, kinds } from "./kinds.ts"
import { FanOutLoad } from "./load.ts"
import { fanOutName, type Shape, shapes } from "./shapes.ts"

/** Every how many-th subscriber reads what it gets. */
const SAMPLE = 20

const JOINING = 50
const WARM_UP_SECONDS = 1

/** A kind of server with all subscribers of a shape, and a nats-server and service of its own, so that it rests while another is measured. */
interface Running extends Measurement {
  stop(): Promise<void>
}

/** Deliveries a second, and their delay when calm; each kind of server has all subscribers of a shape connected the whole time. */
export async function measureFanOut(options: MeasureOptions, wanted: readonly Shape[] = shapes): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const shape of wanted) {
    figures.push(...(await orMissing(fanOutName(shape), options, () => measureShape(shape, options))))
  }
  return figures
}

async function measureShape(shape: Shape, options: MeasureOptions): Promise<Figure[]> {
  const running: Running[] = []
  try {
    for (const kind of kinds) running.push(await start(kind, shape))
    return await inTurns(running, options)
  } finally {
    for (const each of running) await each.stop()
  }
}

async function start(kind: Kind, shape: Shape): Promise<Running> {
  const { collections, subscribers } = shape
  const natsServer = await startNats()
  const nats = await connect({ servers: natsServer.url })
  const service = new Service(natsConn(nats))
  service.add(
    collection("bench.$id", {
      mode: { access: "free", get: "shared" },
      access: () => ({ get: true }),
      get: () => [dataValue(publishEvent())],
    }),
  )
  await service.start()
  const { child, url } = await kind.start(natsServer.url)
  const load = new FanOutLoad(nats, collections, subscribers)
  const sockets = await join(kind, url, collections * subscribers, (i) => `bench.${i % collections}`, load)
  const idleMiB = memoryMiB(child.pid ?? 0).now
  await load.flood(WARM_UP_SECONDS)
  return {
    name: fanOutName(shape),
    system: kind.name,
    measure: async (seconds) => ({ ...(await measure(load, child, seconds)), idleMiB }),
    stop: async () => {
      for (const socket of sockets) socket.close()
      await endChild(child, "SIGKILL")
      await service.stop()
      await nats.close()
      await natsServer.stop()
    },
  }
}

async function join(
  kind: Kind,
  url: string,
  count: number,
  rid: (i: number) => string,
  load: FanOutLoad,
): Promise<FrameSocket[]> {
  const sockets: FrameSocket[] = []
  const all = Array.from({ length: count }, (_, i) => i)
  while (all.length > 0) {
    const some = all.splice(0, JOINING).map((i) => kind.join(url, rid(i), (frame) => load.read(frame)))
    sockets.push(...(await Promise.all(some)))
  }
  for (const [i, socket] of sockets.entries()) if (i % SAMPLE !== 0) socket.count((frames) => load.count(frames))
  return sockets
}

async function measure(load: FanOutLoad, child: ChildProcess, seconds: number): Promise<Values> {
  const pid = child.pid ?? 0
  const used = countCpu({ server: pid })
  const flood = await load.flood(seconds)
  const { server: cpu = 0 } = used()
  const { p50, p99 } = summarize(await load.calm(seconds))
  return {
    perSecond: Math.round(flood.deliveries / flood.seconds),
    perCpuSecond: Math.round(flood.deliveries / cpu),
    calmP50Ms: p50,
    calmP99Ms: p99,
    busyMiB: memoryMiB(pid).now,
  }
}
