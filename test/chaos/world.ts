import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect, type NatsConnection } from "nats"
import type { ClusterPlace, ClusterProcess } from "../../tools/launch/cluster.ts"
import { startProductCluster, type TestProductCluster } from "../helpers/cluster.ts"
import { get } from "../helpers/http.ts"
import { startTcpProxy, type TcpProxy } from "../helpers/tcp-proxy.ts"
import { until } from "../helpers/until.ts"
import { Clock } from "./clock.ts"

/** How many processes of each kind run. */
export interface WorldSize {
  readonly nats: 1 | 3
  readonly service: number
  readonly edge: number
  readonly gateway: number
}

/** JetStream's quota, in MiB. */
export const QUOTA_MIB = 256
/** The bucket reserves so much, which must fit into the quota. */
const SESSIONS_MAX_MIB = 32

const roles = ["service", "edge", "gateway"] as const

/** A process that faults happen to. */
export interface Victim {
  /** Such as `edge-2`. */
  readonly name: string
  readonly role: "nats" | (typeof roles)[number]
  readonly process: ClusterProcess
  /** Its ways to the nats-servers. Empty for those. */
  readonly links: readonly TcpProxy[]
  /** Undefined if it has the machine's clock. */
  readonly clock: Clock | undefined
}

/** An edge or a gateway. */
export interface Door {
  readonly victim: Victim
  /** Without a slash at the end. */
  readonly url: string
}

/** A time in which something happened to a process, by `performance.now()`. */
interface Disturbance {
  readonly victim: Victim
  readonly fromMs: number
  toMs: number
}

/** All processes of the product, each with its own links to NATS, and a way to NATS that no fault of a link touches. */
export class World {
  readonly victims: readonly Victim[]
  readonly nats: NatsConnection
  readonly #product: TestProductCluster
  readonly #disturbances: Disturbance[] = []
  readonly #stop: () => Promise<void>

  private constructor(
    product: TestProductCluster,
    nats: NatsConnection,
    victims: readonly Victim[],
    stop: () => Promise<void>,
  ) {
    this.#product = product
    this.nats = nats
    this.victims = victims
    this.#stop = stop
  }

  /** Resolves when each door reaches a service. @param onPrint gets what the processes print */
  static async start(size: WorldSize, onPrint: (text: string) => void): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), "shopwire-chaos-"))
    const links = new Map<string, { readonly proxy: TcpProxy; readonly target: { port: number } }>()
    for (const place of placesOf(size, roles)) {
      for (let server = 1; server <= size.nats; server++) {
        const target = { host: "127.0.0.1", port: 0 }
        links.set(linkName(place, server), { proxy: await startTcpProxy(target), target })
      }
    }
    // One process of each kind has a clock of its own.
    const clocks = new Map<string, Clock>()
    for (const role of roles) {
      const name = nameOf({ role, number: size[role] })
      const clock = Clock.create(join(folder, name))
      if (clock !== undefined) clocks.set(name, clock)
    }
    const product = await startProductCluster(
      {
        size: { ...size, archiver: 0, proxy: 0 },
        env: { LOG_LEVEL: "info", SESSIONS_MAX_MIB: String(SESSIONS_MAX_MIB) },
        maxStoreMiB: QUOTA_MIB,
        natsUrl: (url, place) => {
          const link = links.get(linkName(place, place.server))
          if (link === undefined) return url
          link.target.port = Number(new URL(url).port)
          return `nats://127.0.0.1:${link.proxy.port}`
        },
        adapt: (program, place) => {
          const clock = clocks.get(nameOf(place))
          return clock === undefined ? program : { ...program, env: { ...program.env, ...clock.env } }
        },
      },
      onPrint,
    )
    const urls = product.cluster.natsUrls("service")
    const nats = await connect({ servers: urls, maxReconnectAttempts: -1, reconnectTimeWait: 50, pingInterval: 2000 })
    const victims = placesOf(size, ["nats", ...roles]).map((place): Victim => {
      const own = [...links].filter(([name]) => name.startsWith(`${nameOf(place)} `)).map(([, { proxy }]) => proxy)
      const name = nameOf(place)
      const process = product.cluster.process(place.role, place.number)
      return { name, role: place.role, process, links: own, clock: clocks.get(name) }
    })
    const world = new World(product, nats, victims, async () => {
      await nats.close()
      await Promise.all(product.cluster.processes.map((process) => process.kill()))
      await product.stop()
      await Promise.all([...links.values()].map(({ proxy }) => proxy.stop()))
      await rm(folder, { recursive: true, force: true })
    })
    try {
      await world.#ready()
      return world
    } catch (error) {
      await world.stop()
      throw error
    }
  }

  of(role: Victim["role"]): readonly Victim[] {
    return this.victims.filter((victim) => victim.role === role)
  }

  get edges(): readonly Door[] {
    return this.#doors("edge")
  }

  get gateways(): readonly Door[] {
    return this.#doors("gateway")
  }

  /** The folder in which a nats-server stores streams and buckets. */
  storeOf(node: Victim): string {
    return join(this.#product.dataDir, node.name, "jetstream")
  }

  /** Notes that something happens to a process from now on, until the returned function is called. */
  disturb(victim: Victim): () => void {
    const disturbance: Disturbance = { victim, fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY }
    this.#disturbances.push(disturbance)
    return () => {
      disturbance.toMs = performance.now()
    }
  }

  /** For how long something happened to a process since `sinceMs`, in ms. */
  disturbedMs(victim: Victim, sinceMs: number): number {
    const now = performance.now()
    return this.#disturbances
      .filter((disturbance) => disturbance.victim === victim)
      .reduce((sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs, now) - Math.max(fromMs, sinceMs)), 0)
  }

  stop(): Promise<void> {
    return this.#stop()
  }

  #doors(role: "edge" | "gateway"): Door[] {
    return this.of(role).map((victim) => ({ victim, url: victim.process.url ?? "" }))
  }

  async #ready(): Promise<void> {
    const probes = [
      ...this.edges.map(({ url }) => `${url}/readyz`),
      ...this.gateways.map(({ url }) => `${url}/api/shopwire/health`),
    ]
    const isReady = async (url: string): Promise<boolean> => (await get(url).catch(() => undefined))?.status === 200
    await Promise.all(probes.map((url) => until(`${url} to answer 200`, () => isReady(url))))
  }
}

function placesOf<R extends keyof WorldSize>(size: WorldSize, of: readonly R[]): { role: R; number: number }[] {
  return of.flatMap((role) => Array.from({ length: size[role] }, (_, i) => ({ role, number: i + 1 })))
}

function nameOf({ role, number }: ClusterPlace): string {
  return `${role}-${number}`
}

function linkName(place: ClusterPlace, server: number): string {
  return `${nameOf(place)} to ${server}`
}
