// What the model of `npm run bench -- scaling` is made of: each number with its unit and where it comes from.
import { readFileSync } from "node:fs"
import { NAMES_AT_ONCE, PAUSE_MS, REPEAT_MS } from "../../res-service/src/sharding/kept-resets.ts"
import { LEASE_MS, RENEW_INTERVAL_MS } from "../../res-service/src/sharding/lease.ts"
import { RESET_INTERVAL_MS } from "../../res-service/src/sharding/watched-names.ts"
import { PARTITIONS } from "../../service/log/subjects.ts"
import { SHARDS } from "../../service/shards.ts"

/**
 * measured: by the command in `from`, on 2 shared virtual cores. quoted: others measured it, and `from` names them. code: a constant of the
 * product. assumed: nobody has measured it here.
 */
export type Source = "measured" | "quoted" | "code" | "assumed"

export interface Parameter {
  readonly value: number
  readonly unit: string
  readonly meaning: string
  readonly source: Source
  readonly from: string
}

const { resetThrottle } = JSON.parse(readFileSync(new URL("../../resgate.config.json", import.meta.url), "utf8")) as {
  resetThrottle: number
}

export const parameters = {
  edgePublish: measured(167, "µs CPU", "edge, for a POST", "watched (with 100 watchers)"),
  servicePublish: measured(
    237,
    "µs CPU",
    "service, for a POST: check, store, follow, show",
    "watched (with 100 watchers)",
  ),
  natsPublish: measured(102, "µs CPU", "nats-server, for a POST, without replicas", "watched (with 100 watchers)"),
  natsReplicas: measured(46, "µs CPU", "nats-servers, for an event, more with three replicas than with one", "store"),
  leaderStore: measured(
    27,
    "µs CPU",
    "of it: the stream's leader, with three replicas, one event after the other",
    "store",
  ),
  serviceFollow: measured(
    110,
    "µs CPU",
    "of it or without a POST: the owner, for an event whose resources are all watched",
    "projections",
  ),
  onceFollow: measured(
    37,
    "µs CPU",
    "owner of `once`, which follows the whole log, for an event",
    "projections (nobody looks)",
  ),
  gatewayChange: measured(
    36,
    "µs CPU",
    "embedded gateway, for a change of a resource",
    "fan-out (1,000 x 5, less 5 screens)",
  ),
  gatewayScreen: measured(
    2.1,
    "µs CPU",
    "and for each screen that shows it",
    "costs 8 150 (200 screens; a run of 2026-11-25)",
  ),
  resgateFactor: measured(2, "times", "CPU of Resgate 1.8.0 compared with that", "fan-out (1,000 x 5)"),
  changeBytes: code(
    650,
    "bytes",
    "of a change, to a screen: `add` and `remove` of the sample in a full feed, 596, and headers",
    "contract/publish-event.ts",
  ),
  screenKib: measured(42, "KiB", "Resgate, for a connected screen", "fan-out (5,000 idle)"),
  shopKib: measured(25, "KiB", "service, for a watched shop with few events, all memory counted", "storm 10000 3"),
  getLoaded: measured(510, "µs CPU", "service, for a get of a full feed (42 kB)", "costs 8 150"),
  getCold: measured(
    1450,
    "µs CPU",
    "the same, if the shop is loaded first (3 events)",
    "storm 10000 3 (after the reset)",
  ),
  natsLoad: measured(
    3770,
    "µs CPU",
    "nats-server, for loading a shop, whose 3 events lie among those of 10,000",
    "storm 10000 3 (after the reset)",
  ),
  idleP50: measured(5.4, "ms", "POST to screen, 100 POSTs a second and 100 screens, p50", "shown"),
  idleP99: measured(11, "ms", "the same, p99", "shown"),
  takeover: measured(3300, "ms", "from a kill until another owner answers, at most", "takeover"),
  scan: quoted(
    15,
    "ns",
    "Resgate, for each name of a reset and cached resource",
    "issue 16: 236 ms for 1,533 names, 10,000 cached feeds",
  ),
  partitions: code(PARTITIONS, "", "partitions of the log", "service/log/subjects.ts"),
  shards: code(SHARDS, "", "shards: the partitions and `once`", "service/shards.ts"),
  lease: code(LEASE_MS, "ms", "lease of a member", "sharding/lease.ts"),
  renewInterval: code(RENEW_INTERVAL_MS, "ms", "between two renewals of a member", "sharding/lease.ts"),
  namesAtOnce: code(NAMES_AT_ONCE, "names", "in one reset", "sharding/kept-resets.ts"),
  resetPause: code(PAUSE_MS, "ms", "between two resets of a member", "sharding/kept-resets.ts"),
  resetRepeat: code(REPEAT_MS, "ms", "until a reset is repeated", "sharding/kept-resets.ts"),
  resetInterval: code(
    RESET_INTERVAL_MS,
    "ms",
    "between two resets of a watched name without a fault",
    "sharding/watched-names.ts",
  ),
  resetThrottle: code(resetThrottle, "gets", "under way at a gateway after a reset", "resgate.config.json"),
  natsDelivery: assumed(5, "µs CPU", "nats-server, for a change that one gateway gets", "a guess"),
  tableMessage: assumed(20, "µs CPU", "service, for another member's renewal", "a guess"),
  replicaTrip: assumed(1, "ms", "between machines of a region, there and back", "usual within a region"),
  regionTrip: assumed(80, "ms", "between two continents, there and back", "usual between continents"),
  screensPerShop: assumed(10, "screens", "that show the same shop, at the same time; each shop is watched", "workload"),
  changes: assumed(2, "resources", "that an event changes on a screen: the feed and a basket", "workload"),
  resources: assumed(3, "resources", "that a screen shows: feed, baskets, figures", "workload"),
  load: assumed(0.6, "of a core", "in use when all is well: the rest is for faults", "a usual rule"),
  machineCores: assumed(8, "cores", "of a machine; a gateway and a nats-server have one to themselves", "workload"),
  gatewayScreens: assumed(
    20_000,
    "screens",
    "most that one gateway should have, as all come back when it dies",
    "a choice",
  ),
  reconnect: assumed(3000, "ms", "until resclient connects again", "its default"),
  connects: assumed(2000, "1/s", "new TLS connections at a gateway", "a guess"),
} satisfies Record<string, Parameter>

export type Costs = Readonly<Record<keyof typeof parameters, number>>

/** The values alone. */
export const costs = Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value])) as Costs

function measured(value: number, unit: string, meaning: string, command: string): Parameter {
  return {
    value,
    unit,
    meaning,
    source: "measured",
    from: `\`npm run bench -- ${command.replace(/ \(.*/, "")}\`${/ \(.*/.exec(command)?.[0] ?? ""}`,
  }
}

function quoted(value: number, unit: string, meaning: string, from: string): Parameter {
  return { value, unit, meaning, source: "quoted", from }
}

function code(value: number, unit: string, meaning: string, file: string): Parameter {
  return { value, unit, meaning, source: "code", from: `\`${file}\`` }
}

function assumed(value: number, unit: string, meaning: string, from: string): Parameter {
  return { value, unit, meaning, source: "assumed", from }
}
