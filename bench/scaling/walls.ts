import type { Costs } from "./parameters.ts"

/** Where more of the same machines do not help. */
export interface Wall {
  readonly what: string
  readonly at: number
  readonly unit: string
  readonly moves: string
}

/** The longest that a reset may keep a gateway from everything else, in seconds. */
const SCAN_S = 1
/** The longest that it may take until all shops of a cell are loaded again, in seconds. */
const LOAD_S = 60
const SCREENS_OF_HOT_SHOP = 1000
/** Share of its core that a service may spend on the others' renewals. */
const TABLE_SHARE = 0.05
/** Services of a cell for which the wall of resets is given. */
const SERVICES = 16

/** The walls of one cell, the first ones first. */
export function walls(costs: Costs): Wall[] {
  const namesTimesCached = (SCAN_S * 1e9) / costs.scan
  const shardsOfOwner = Math.ceil(costs.shards / SERVICES)
  // With shops spread over gateways so that each shows `gatewayScreens`: names = shops x share, cached = shops of the gateway x resources.
  const cached = (costs.gatewayScreens / costs.screensPerShop) * costs.resources
  const shops = namesTimesCached / cached / (shardsOfOwner / costs.partitions)
  return [
    {
      what: "the stream's leader stores all events of a cell",
      at: 1e6 / costs.leaderStore,
      unit: "events/s",
      moves: "another cell; or a stream for each of some groups of partitions",
    },
    {
      what: "the owner of `once` follows the whole log for the index of shoppers",
      at: 1e6 / costs.onceFollow,
      unit: "events/s",
      moves: "an index for each partition, at its owner",
    },
    {
      what: `all services of a cell start again: its leader reads all watched shops for them in ${LOAD_S} s`,
      at: ((LOAD_S * 1e6 * (1 - costs.load)) / costs.natsLoad) * costs.screensPerShop,
      unit: "screens",
      moves: "smaller cells; snapshots of feeds; a faster search in nats-server",
    },
    {
      what: `a killed owner (one of ${SERVICES}) stops Resgates with ${count(costs.gatewayScreens)} screens, routed by shop, for ${SCAN_S} s`,
      at: shops * costs.screensPerShop,
      unit: "screens",
      moves: "more services; another cell; a map by name in the gateway's reset",
    },
    {
      what: `one shop with ${count(SCREENS_OF_HOT_SHOP)} screens at one Resgate: its events are sent one after the other`,
      at:
        1e6 / (costs.changes * costs.resgateFactor * (costs.gatewayChange + SCREENS_OF_HOT_SHOP * costs.gatewayScreen)),
      unit: "events/s of that shop",
      moves: "spread that shop's screens; send its events together, some times a second",
    },
    {
      what: "one shop, or one partition: its owner is one thread",
      at: 1e6 / costs.serviceFollow,
      unit: "events/s of it",
      moves: "nothing for a shop; more partitions",
    },
    {
      what: "each partition has its own service, which does nothing else",
      at: (costs.partitions * 1e6) / costs.serviceFollow,
      unit: "events/s",
      moves: "more partitions; another cell",
    },
    {
      what: `each member sees each renewal, N x N a second; they take ${TABLE_SHARE * 100} % of each member's core`,
      at: (TABLE_SHARE * 1e6 * costs.renewInterval) / 1000 / costs.tableMessage,
      unit: "members",
      moves: "another cell; a longer lease",
    },
  ]
}

function count(value: number): string {
  return value.toLocaleString("en")
}
