import type { Costs } from "./parameters.ts"

/** What is asked for. */
export interface Load {
  readonly screens: number
  /** Published events a second. */
  readonly events: number
  /** `shop`: the load balancer sends all screens of a shop to the same gateway. `any`: it sends each to any gateway. */
  readonly routing: "any" | "shop"
}

/** Processes of one kind in one cell. */
export interface Processes {
  readonly count: number
  /** Share of their cores that is in use. */
  readonly utilisation: number
}

/**
 * What it takes. A cell is a whole product with a stream, a NATS cluster and gateways of its own, for a share of the shops. All cells are
 * alike.
 */
export interface Plan {
  readonly load: Load
  readonly cells: number
  /** Of one cell: screens, watched shops, events a second. */
  readonly screens: number
  readonly shops: number
  readonly events: number
  readonly edges: Processes
  readonly services: Processes
  /** Services that own a shard. */
  readonly owners: number
  /** Share of one core that the owner of `once` needs to follow the log. */
  readonly onceUtilisation: number
  readonly natsServers: Processes
  readonly gateways: Processes
  /** Gateways of the cell that show one shop, on average. */
  readonly gatewaysOfShop: number
  readonly serviceMib: number
  readonly gatewayMib: number
  /** To the screens of one gateway, in Mbit/s. */
  readonly gatewayMbit: number
  /** In all cells. */
  readonly machines: number
}

const MICROS = 1e6
/** Two, so that one can fail. */
const FEWEST = 2
/** A cluster with three replicas. */
const FEWEST_NATS_SERVERS = 3

/** How many cells there must be so that neither the stream nor the owner of `once` is too busy in any. */
export function cellsFor(events: number, costs: Costs): number {
  const byStream = (events * costs.leaderStore) / MICROS / costs.load
  const byOnce = (events * costs.onceFollow) / MICROS / costs.load
  return Math.max(1, Math.ceil(byStream), Math.ceil(byOnce))
}

/** How many of `gateways` show a shop with so many screens, on average, if each screen is at any of them. */
export function gatewaysOfShop(gateways: number, screensPerShop: number): number {
  return gateways * (1 - (1 - 1 / gateways) ** screensPerShop)
}

export function plan(load: Load, costs: Costs): Plan {
  const cells = cellsFor(load.events, costs)
  const [screens, events] = [load.screens / cells, load.events / cells]
  const shops = screens / costs.screensPerShop

  const edgeCores = (events * costs.edgePublish) / MICROS
  const edges = enough(edgeCores, FEWEST, 1, costs)
  const onceUtilisation = (events * costs.onceFollow) / MICROS
  const serviceCores = (events * costs.servicePublish) / MICROS + onceUtilisation
  const services = enough(serviceCores, FEWEST, 1, costs)

  const gateways = enoughGateways(screens, events, load.routing, costs)
  const natsCores =
    (events * (costs.natsPublish + costs.natsReplicas)) / MICROS +
    (events * costs.changes * gateways.ofShop * costs.natsDelivery) / MICROS
  const natsServers = enough(natsCores, FEWEST_NATS_SERVERS, costs.machineCores, costs)

  return {
    load,
    cells,
    screens,
    shops,
    events,
    edges,
    services,
    owners: Math.min(services.count, costs.shards),
    onceUtilisation,
    natsServers,
    gateways: { count: gateways.count, utilisation: gateways.utilisation },
    gatewaysOfShop: gateways.ofShop,
    serviceMib: (shops * costs.shopKib) / Math.min(services.count, costs.shards) / 1024,
    gatewayMib: (screens * costs.screenKib) / gateways.count / 1024,
    gatewayMbit: (events * costs.changes * costs.screensPerShop * costs.changeBytes * 8) / 1e6 / gateways.count,
    machines:
      cells * (Math.ceil((edges.count + services.count) / costs.machineCores) + natsServers.count + gateways.count),
  }
}

/** CPU time of one change at one gateway, in µs, when so many gateways show the shop. */
export function gatewayMicros(ofShop: number, costs: Costs): number {
  return costs.resgateFactor * (costs.gatewayChange + (costs.screensPerShop / ofShop) * costs.gatewayScreen)
}

function enough(cores: number, fewest: number, coresOfEach: number, costs: Costs): Processes {
  const count = Math.max(fewest, Math.ceil(cores / coresOfEach / costs.load))
  return { count, utilisation: cores / coresOfEach / count }
}

// More gateways also cost more, as more of them show the same shop, so their number is searched for.
function enoughGateways(
  screens: number,
  events: number,
  routing: Load["routing"],
  costs: Costs,
): Processes & { readonly ofShop: number } {
  for (let count = Math.max(FEWEST, Math.ceil(screens / costs.gatewayScreens)); ; count++) {
    const ofShop = routing === "shop" ? 1 : gatewaysOfShop(count, costs.screensPerShop)
    const cores = (events * costs.changes * ofShop * gatewayMicros(ofShop, costs)) / MICROS
    const utilisation = cores / costs.machineCores / count
    if (utilisation <= costs.load) return { count, utilisation, ofShop }
  }
}
