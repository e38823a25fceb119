import type { Costs } from "./parameters.ts"
import type { Plan } from "./plan.ts"

/** After an owner was killed. Times in seconds. */
export interface OwnerKilled {
  /** Watched names of the owner. */
  readonly names: number
  /** Resources that a gateway of the cell shows. */
  readonly cached: number
  /** How long the resets keep a Resgate from everything else: each gateway looks for each name in all that it shows. */
  readonly scan: number
  /** What gateways get again, in all. */
  readonly gets: number
  /** How long the new owners, or the log's leader that they load shops from, need for the gets. */
  readonly answers: number
  /** Until all screens are right again. */
  readonly right: number
  /** Until the second reset is over, after which this is certain. */
  readonly certain: number
}

export function ownerKilled(plan: Plan, costs: Costs): OwnerKilled {
  const shardsOfOwner = Math.ceil(costs.shards / plan.owners)
  const names = Math.ceil(plan.shops * Math.min(1, shardsOfOwner / costs.partitions))
  const cached = Math.ceil(((plan.shops * plan.gatewaysOfShop) / plan.gateways.count) * costs.resources)
  const scan = (names * cached * costs.scan) / 1e9
  const sending = (Math.max(0, Math.ceil(names / costs.namesAtOnce) - 1) * costs.resetPause) / 1000
  const gets = Math.ceil(names * costs.resources * plan.gatewaysOfShop)
  const newOwners = Math.max(1, Math.min(shardsOfOwner, plan.owners - 1))
  const spare = newOwners * (1 - plan.services.utilisation)
  // A get takes a gateway about two trips; so many are under way at the same time.
  const throttled = (gets / plan.gateways.count / costs.resetThrottle) * ((2 * costs.replicaTrip) / 1000)
  const warm = Math.max(throttled, (gets * costs.getLoaded) / 1e6 / spare)
  const cold = ((gets - names) * costs.getLoaded + names * costs.getCold) / 1e6 / spare
  const answers = Math.max(throttled, cold, loading(names, plan, costs))
  // What a gateway looks for while the next reset is on its way costs no more time.
  const resets = Math.max(sending, scan)
  const right = costs.takeover / 1000 + resets + answers
  const repeated = (costs.takeover + costs.resetRepeat) / 1000 + sending
  return { names, cached, scan, gets, answers, right, certain: Math.max(right, repeated) + resets + warm }
}

/** After a gateway was killed. Times in seconds. */
export interface GatewayKilled {
  readonly screens: number
  readonly gets: number
  readonly right: number
}

/** Screens connect to the other gateways, which show none of their shops yet: the worst case. */
export function gatewayKilled(plan: Plan, costs: Costs): GatewayKilled {
  const screens = Math.ceil(plan.screens / plan.gateways.count)
  const shops = plan.load.routing === "shop" ? Math.ceil(screens / costs.screensPerShop) : screens
  const gets = shops * costs.resources
  const connecting = screens / costs.connects / (plan.gateways.count - 1)
  const answers = (gets * costs.getLoaded) / 1e6 / (plan.owners * (1 - plan.services.utilisation))
  return { screens, gets, right: costs.reconnect / 1000 + connecting + answers }
}

/** After a link between two regions was cut and healed, in seconds from the healing until screens are right. */
export interface RegionCut {
  /** NATS clusters of several regions are one super-cluster: nobody notices what the link has lost until the next slow reset. */
  readonly superCluster: number
  /** Each region has cells of its own, and screens connect to the region of their shop. */
  readonly cellsOfRegion: number
}

export function regionCut(plan: Plan, costs: Costs): RegionCut {
  return {
    superCluster: costs.resetInterval / 1000,
    cellsOfRegion: gatewayKilled(plan, costs).right + (2 * costs.regionTrip) / 1000,
  }
}

/** All services of a cell start again: seconds until its leader has read all watched shops for them. */
export function allLoaded(plan: Plan, costs: Costs): number {
  return loading(plan.shops, plan, costs)
}

// One core at a time reads a stream, beside what it stores; nobody knows whether more could.
function loading(shops: number, plan: Plan, costs: Costs): number {
  return (shops * costs.natsLoad) / 1e6 / (1 - (plan.events * costs.leaderStore) / 1e6)
}
