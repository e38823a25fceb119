import { rm } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { isStreamMissing } from "../../res-service/src/sharding/api-error.ts"
import { STREAM } from "../../service/log/stream.ts"
import { BUCKET } from "../../service/session/session-store.ts"
import type { Random } from "../../tools/demo/random.ts"
import type { TcpProxy } from "../helpers/tcp-proxy.ts"
import { until } from "../helpers/until.ts"
import { NO_CLOCK } from "./clock.ts"
import { QUOTA_MIB, type Victim, type World } from "./world.ts"

/** Something that happens to the product for a while. */
export interface Fault {
  /** What happens to whom for how long. */
  readonly name: string
  /** Those that it happens to; two faults at a time have different ones. */
  readonly victims: readonly Victim[]
  /** It deletes stored data, so what was acknowledged before its end is not demanded any more. */
  readonly losesData: boolean
  /** Resolves when it is over. */
  run(): Promise<void>
}

/** How long a process that was ended stays away, in ms. */
const AWAY_MS = 3000
/** When a service that has just started is killed again, in ms: about when it has sent its resets. */
const KILLED_AGAIN_MS = 3000
/** Shortest that a process is paused or a link disturbed, in ms. */
const LEAST_MS = 500
/** How often a slowed link lets something through, in ms. */
const SLOW_MS = 200
/** How long there is no room, in ms. */
const FULL_MS = 5000
const FILLER = "FILLER"
const FILLER_BYTES = 512 * 1024
const MAX_CLOCK_SKEW_S = 3600

interface Draw {
  readonly random: Random
  readonly world: World
  /** Longest that a process is paused or a link disturbed, in ms. */
  readonly longestMs: number
}

/** How to draw a fault of a kind. Draws only by `random`, so that a seed gives the same again. */
type Kind = (draw: Draw) => Fault

const kinds = {
  kill: (draw) => ended(draw, "SIGKILL", "kill -9 of"),
  term: (draw) => ended(draw, "SIGTERM", "SIGTERM to"),
  pause: ({ random, world, longestMs }) => {
    const victim = random.pick(world.victims)
    const ms = duration(random, longestMs)
    return fault(`SIGSTOP of ${victim.name} for ${seconds(ms)}`, [victim], async () => {
      victim.process.pause()
      await sleep(ms)
      victim.process.resume()
    })
  },
  killTwice: ({ random, world }) => {
    const victim = random.pick(world.of("service"))
    const ms = random.int(200, KILLED_AGAIN_MS)
    return fault(`kill -9 of ${victim.name}, and again ${seconds(ms)} after its start`, [victim], async () => {
      await victim.process.kill()
      victim.process.start()
      await sleep(ms)
      await victim.process.kill()
      victim.process.start()
    })
  },
  cut: ({ random, world }) => {
    const victim = random.pick(linked(world))
    return fault(`the link of ${victim.name} is cut`, [victim], async () => {
      for (const link of victim.links) link.cut()
    })
  },
  refuse: (draw) => linkFault(draw, "no link", (link) => link.refuse()),
  stall: (draw) => linkFault(draw, "a frozen link", (link) => link.stall()),
  halfOpen: (draw) => linkFault(draw, "a half-open link", (link) => link.stallAnswers()),
  slow: (draw) => linkFault(draw, "a slow link", (link) => link.slow(SLOW_MS)),
  clock: ({ random, world, longestMs }) => {
    const victim = random.pick(world.victims.filter(({ clock }) => clock !== undefined))
    const aheadS = random.int(-MAX_CLOCK_SKEW_S, MAX_CLOCK_SKEW_S)
    const ms = duration(random, longestMs)
    return fault(`${victim.name} restarts with its clock ${aheadS} s ahead, for ${seconds(ms)}`, [victim], async () => {
      victim.clock?.set(aheadS)
      await victim.process.restart()
      await sleep(ms)
      victim.clock?.set(0)
      await victim.process.restart()
    })
  },
  leader: ({ random, world }) => {
    const ms = random.int(0, AWAY_MS)
    const nodes = world.of("nats")
    return fault(`kill -9 of the log's leader, away for ${seconds(ms)}`, nodes, async () => {
      const { cluster } = await (await jetstreamManager(world.nats)).streams.info(STREAM)
      const leader = nodes.find(({ name }) => name === cluster?.leader)
      if (leader === undefined) throw new Error("the log has no leader now")
      await leader.process.kill()
      await sleep(ms)
      leader.process.start()
    })
  },
  quorum: ({ random, world, longestMs }) => {
    const ms = duration(random, longestMs)
    const all = world.of("nats")
    const spared = random.pick(all)
    const nodes = all.filter((node) => node !== spared)
    return fault(`no quorum for ${seconds(ms)}: kill -9 of ${nodes.map(({ name }) => name)}`, all, async () => {
      await Promise.all(nodes.map((node) => node.process.kill()))
      await sleep(ms)
      for (const node of nodes) node.process.start()
    })
  },
  full: ({ world }) =>
    fault(`the quota of ${QUOTA_MIB} MiB is full for ${seconds(FULL_MS)}`, world.of("nats"), async () => {
      const js = jetstream(world.nats)
      const jsm = await js.jetstreamManager()
      await jsm.streams.add({ name: FILLER, subjects: ["filler"], num_replicas: world.of("nats").length })
      const filling = new Uint8Array(FILLER_BYTES)
      // Until JetStream refuses.
      const end = performance.now() + FULL_MS
      while (performance.now() < end) await js.publish("filler", filling, { timeout: 2000 }).catch(() => sleep(50))
      // Its answer may come too late.
      await until("the filler to be gone", () => jsm.streams.delete(FILLER).then(() => true, isStreamMissing))
    }),
  deleteStream: ({ world }) =>
    loss("the stream is deleted", world.of("nats"), async () => {
      await (await jetstreamManager(world.nats)).streams.delete(STREAM)
    }),
  deleteBucket: ({ random, world }) => {
    const named = random.chance(0.5)
    return loss(named ? "the bucket of sessions is deleted" : "all buckets are deleted", world.of("nats"), async () => {
      const jsm = await jetstreamManager(world.nats)
      for await (const { bucket } of new Kvm(world.nats).list())
        if (!named || bucket === BUCKET) await jsm.streams.delete(`KV_${bucket}`)
    })
  },
  wipe: ({ random, world }) => {
    const ms = random.int(0, AWAY_MS)
    return loss(`NATS is killed and its files are wiped, away for ${seconds(ms)}`, world.of("nats"), async () => {
      await Promise.all(world.of("nats").map(({ process }) => process.kill()))
      for (const node of world.of("nats")) await rm(world.storeOf(node), { recursive: true, force: true })
      await sleep(ms)
      for (const { process } of world.of("nats")) process.start()
    })
  },
} satisfies Readonly<Record<string, Kind>>

export type FaultKind = keyof typeof kinds

export const faultKinds = Object.keys(kinds) as FaultKind[]

/** What lacks for a kind to be possible; undefined if nothing does. */
export function missingFor(kind: FaultKind, world: World): string | undefined {
  if (kind === "clock" && world.victims.every(({ clock }) => clock === undefined)) return NO_CLOCK
  if ((kind === "leader" || kind === "quorum") && world.of("nats").length === 1) return "a cluster of nats-servers"
  return undefined
}

/** How often a kind is drawn, if not once. */
const WEIGHTS: Partial<Record<FaultKind, number>> = { kill: 6, term: 4, pause: 6, killTwice: 2, leader: 2, quorum: 2 }

/** Draws a fault of one of the kinds; undefined if it would happen to one of `busy`. */
export function drawFault(draw: Draw, allowed: readonly FaultKind[], busy: ReadonlySet<Victim>): Fault | undefined {
  const urn = allowed.flatMap((kind) => Array.from({ length: WEIGHTS[kind] ?? 1 }, () => kind))
  const drawn = kinds[draw.random.pick(urn)](draw)
  return drawn.victims.some((victim) => busy.has(victim)) ? undefined : drawn
}

function fault(name: string, victims: readonly Victim[], run: () => Promise<void>): Fault {
  return { name, victims, losesData: false, run }
}

function loss(name: string, victims: readonly Victim[], run: () => Promise<void>): Fault {
  return { name, victims, losesData: true, run }
}

function ended({ random, world }: Draw, signal: "SIGTERM" | "SIGKILL", how: string): Fault {
  const victim = random.pick(world.victims)
  const ms = random.int(0, AWAY_MS)
  return fault(`${how} ${victim.name}, away for ${seconds(ms)}`, [victim], async () => {
    await (signal === "SIGKILL" ? victim.process.kill() : victim.process.stop())
    await sleep(ms)
    victim.process.start()
  })
}

function linkFault({ random, world, longestMs }: Draw, how: string, disturb: (link: TcpProxy) => void): Fault {
  const victim = random.pick(linked(world))
  const ms = duration(random, longestMs)
  return fault(`${how} of ${victim.name} for ${seconds(ms)}`, [victim], async () => {
    victim.links.forEach(disturb)
    await sleep(ms)
    for (const link of victim.links) link.heal()
  })
}

function linked(world: World): readonly Victim[] {
  return world.victims.filter(({ links }) => links.length > 0)
}

/** Short ones are more frequent. */
function duration(random: Random, longestMs: number): number {
  return Math.round(LEAST_MS * (longestMs / LEAST_MS) ** random.next())
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
