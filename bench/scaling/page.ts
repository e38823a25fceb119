import { number, table, withMarked } from "../page/markdown.ts"
import { type Delays, delays } from "./delays.ts"
import { type Costs, costs, parameters } from "./parameters.ts"
import { type Load, type Plan, plan } from "./plan.ts"
import { allLoaded, gatewayKilled, ownerKilled, regionCut } from "./recovery.ts"
import { walls } from "./walls.ts"

/** The loads of the page: screens, events a second. */
const SIZES = [
  [10_000, 1_000],
  [100_000, 10_000],
  [1_000_000, 100_000],
] as const

/** The tables of `docs/scaling.md`, by the name of their marks. */
export function tables(): Readonly<Record<string, string>> {
  const loads = SIZES.flatMap(([screens, events]): Load[] => [
    { screens, events, routing: "shop" },
    { screens, events, routing: "any" },
  ])
  return {
    summary: summary(costs),
    parameters: parameterTable(),
    processes: processTable(loads, costs),
    recovery: recoveryTable(loads, costs),
    busy: busyTable(costs),
    stream: streamTable(costs),
    walls: wallTable(costs),
  }
}

/** Replaces the tables of `docs/scaling.md`. */
export function withTables(page: string): string {
  return withMarked(page, tables())
}

function summary(using: Costs): string {
  const [screens, events] = SIZES[2]
  const made = plan({ screens, events, routing: "shop" }, using)
  const { p50Ms, p99Ms } = delays(made, using)
  const [stream, once, load] = walls(using).map(({ at }) => rounded(at))
  const owner = ownerKilled(made, using)
  const anyOwner = ownerKilled(plan({ screens, events, routing: "any" }, using), using)
  return [
    `- **${number(screens)} screens and ${number(events)} events/s take ${made.cells} cells**, ${made.machines} machines of ${using.machineCores} cores in all. A cell is a whole product:`,
    "  NATS cluster, stream, services, edges, gateways. Each cell has a share of the shops.",
    `- **An event is on a screen after about ${number(p50Ms)} ms (p50) and ${number(p99Ms)} ms (p99)**, without the way from gateway to screen.`,
    `- **The first two walls are close together**: the leader of the one stream, at about ${stream} events/s, and the owner of \`once\`,`,
    `  which follows the whole log, at about ${once}. Both are of one cell: more processes do not move them, more cells do.`,
    "- **When something breaks, the first wall comes earlier**: if all services of a cell start again, the leader has to look up the newest",
    `  events of all watched shops. With more than about ${load} screens this takes longer than a minute. One killed owner does not do that:`,
    `  screens are right again after ${seconds(owner.right)}.`,
    `- **Route screens by shop.** Else a killed owner stops each Resgate for ${seconds(anyOwner.scan)} instead of ${seconds(owner.scan)}, and ${number(anyOwner.gets)} gets follow instead`,
    `  of ${number(owner.gets)}.`,
  ].join("\n")
}

/** Processes, delays and utilisation of some loads. */
export function processTable(loads: readonly Load[], using: Costs): string {
  const head = [
    "screens, events/s",
    "routing",
    "cells",
    "edges",
    "services",
    "nats-servers",
    "Resgates",
    "machines",
    "busy: edge, service, NATS, gateway",
    "MiB: service, gateway",
    "Mbit/s of a gateway",
    "p50, p99",
  ]
  const rows = loads.map((load) => {
    const made = plan(load, using)
    const { cells, edges, services, natsServers, gateways } = made
    const all = (each: { readonly count: number }) => number(cells * each.count)
    const busy = [edges, services, natsServers, gateways].map(({ utilisation }) => percent(utilisation))
    return [
      `${number(load.screens)}, ${number(load.events)}`,
      load.routing,
      number(cells),
      all(edges),
      all(services),
      all(natsServers),
      all(gateways),
      number(made.machines),
      busy.join(", "),
      `${number(made.serviceMib)}, ${number(made.gatewayMib)}`,
      number(made.gatewayMbit),
      delayText(delays(made, using)),
    ]
  })
  return table(head, rows)
}

/** Until screens are right again. */
export function recoveryTable(loads: readonly Load[], using: Costs): string {
  const head = [
    "screens, events/s",
    "routing",
    "owner killed: names, gets",
    "each Resgate stands still",
    "right, certain",
    "all services start again: shops loaded after",
    "gateway killed: screens, gets",
    "right",
    "region cut, after it heals: its own cells",
    "super-cluster",
  ]
  const rows = loads.map((load) => {
    const made = plan(load, using)
    const [owner, gateway, region] = [ownerKilled(made, using), gatewayKilled(made, using), regionCut(made, using)]
    return [
      `${number(load.screens)}, ${number(load.events)}`,
      load.routing,
      `${number(owner.names)}, ${number(owner.gets)}`,
      seconds(owner.scan),
      `${seconds(owner.right)}, ${seconds(owner.certain)}`,
      seconds(allLoaded(made, using)),
      `${number(gateway.screens)}, ${number(gateway.gets)}`,
      seconds(gateway.right),
      seconds(region.cellsOfRegion),
      seconds(region.superCluster),
    ]
  })
  return table(head, rows)
}

// The largest load, with fewer and fewer cores.
function busyTable(using: Costs): string {
  const [screens, events] = SIZES[2]
  const rows = [0.3, 0.6, 0.8, 0.9, 0.95].map((load) => {
    const made: Plan = plan({ screens, events, routing: "shop" }, { ...using, load })
    return [percent(load), number(made.cells), number(made.machines), delayText(delays(made, using))]
  })
  return table(["cores in use, at most", "cells", "machines", "p50, p99"], rows)
}

// The least certain number decides how many cells there are.
function streamTable(using: Costs): string {
  const [screens, events] = SIZES[2]
  const rows = [10, 27, 50, 100, 200].map((leaderStore) => {
    const made = plan({ screens, events, routing: "shop" }, { ...using, leaderStore })
    return [`${leaderStore} µs`, number(1e6 / leaderStore), number(made.cells), number(made.machines)]
  })
  return table(["its leader takes, for an event", "at most, events/s", "cells", "machines"], rows)
}

function wallTable(using: Costs): string {
  const rows = walls(using).map(({ what, at, unit, moves }) => [what, `${rounded(at)} ${unit}`, moves])
  return table(["wall, of one cell", "comes at", "what moves it"], rows)
}

function parameterTable(): string {
  const rows = Object.entries(parameters).map(([name, { value, unit, meaning, source, from }]) => [
    `\`${name}\``,
    `${number(value)} ${unit}`.trim(),
    meaning,
    source,
    from,
  ])
  return table(["name", "value", "meaning", "source", "from"], rows)
}

/** To two digits: more are not known. */
function rounded(value: number): string {
  return number(Number(value.toPrecision(2)))
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function seconds(value: number): string {
  return `${number(value)} s`
}

function delayText({ p50Ms, p99Ms }: Delays): string {
  return `${number(p50Ms)}, ${number(p99Ms)} ms`
}
