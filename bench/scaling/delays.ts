import { Random } from "../../tools/demo/random.ts"
import { summarize } from "../stats.ts"
import type { Costs } from "./parameters.ts"
import { gatewayMicros, type Plan } from "./plan.ts"

/** A process that events pass, and how it waits for its cores. */
export interface Station {
  readonly cores: number
  /** CPU time of one arrival, in µs, on average. */
  readonly micros: number
  readonly utilisation: number
}

export interface Delays {
  readonly p50Ms: number
  readonly p99Ms: number
}

const SEED = 16
const EVENTS = 60_000
/** Events until a queue that was empty is as long as usual. */
const WARM_UP = 20_000
/** The 99th percentile of the normal distribution. */
const Z99 = 2.3263

/**
 * Simulates events on their way from the POST to a screen. On an idle machine the way takes what was measured there (a log-normal time
 * with its p50 and p99). To it comes the time that an event waits in each process for others: arrivals are a Poisson process, and each
 * takes a core for an exponential time. Replicas and machines add one trip for each of the three hops between machines. The way from the
 * gateway to the screen is not in it.
 */
export function delays(plan: Plan, costs: Costs, seed = SEED): Delays {
  const random = new Random(seed)
  const waits = stations(plan, costs).map((station) => waitsAt(station, random))
  const sigma = Math.log(costs.idleP99 / costs.idleP50) / Z99
  const sums = Array.from({ length: EVENTS - WARM_UP }, (_, i) => {
    const idle = costs.idleP50 * Math.exp(sigma * normal(random))
    return waits.reduce((sum, wait) => sum + (wait[i] ?? 0), idle + 3 * costs.replicaTrip)
  })
  const { p50, p99 } = summarize(sums)
  return { p50Ms: p50, p99Ms: p99 }
}

export function stations(plan: Plan, costs: Costs): Station[] {
  return [
    { cores: 1, micros: costs.edgePublish, utilisation: plan.edges.utilisation },
    { cores: 1, micros: costs.servicePublish - costs.serviceFollow, utilisation: plan.services.utilisation },
    // The leader stores one after the other.
    { cores: 1, micros: costs.leaderStore, utilisation: (plan.events * costs.leaderStore) / 1e6 },
    // The owner follows with the same thread that stores what others publish.
    { cores: 1, micros: costs.servicePublish - costs.serviceFollow, utilisation: plan.services.utilisation },
    {
      cores: costs.machineCores,
      micros: gatewayMicros(plan.gatewaysOfShop, costs),
      utilisation: plan.gateways.utilisation,
    },
  ]
}

/** The times that arrivals wait for a core, in ms. */
export function waitsAt({ cores, micros, utilisation }: Station, random: Random): number[] {
  if (utilisation >= 1) return Array.from({ length: EVENTS - WARM_UP }, () => Number.POSITIVE_INFINITY)
  const meanGap = micros / utilisation / cores
  const freeAt = new Float64Array(cores)
  const waits: number[] = []
  let now = 0
  for (let i = 0; i < EVENTS; i++) {
    now += exponential(meanGap, random)
    let first = 0
    for (let core = 1; core < cores; core++) if ((freeAt[core] ?? 0) < (freeAt[first] ?? 0)) first = core
    const begin = Math.max(now, freeAt[first] ?? 0)
    freeAt[first] = begin + exponential(micros, random)
    if (i >= WARM_UP) waits.push((begin - now) / 1000)
  }
  return waits
}

function exponential(mean: number, random: Random): number {
  return -mean * Math.log(1 - random.next())
}

// Box and Muller.
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
