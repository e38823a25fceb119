/** The parts of `docs/figures.json` that the table needs. */
export interface Figures {
  readonly figures: readonly {
    readonly name: string
    readonly system: string
    readonly rounds: readonly Readonly<Record<string, number>>[]
  }[]
}

const LOADS = ["POST, 64 at a time", "POST, 64 at a time, Idempotency-Key", "POST of 100 events"]

/** Rows of the table `<!-- processes -->` of `docs/scaling.md` with this routing; the columns that say how many of each. */
const ROUTING = "shop"
const COLUMNS = [0, 3, 4, 5, 6, 7]

/** What `docs/operate/sizing.md` takes from `docs/figures.json` and from the model's table in `docs/scaling.md`. */
export function sizingTables(figures: Figures, scalingPage: string): string {
  const measured = LOADS.map((name) => {
    const found = figures.figures.find((figure) => figure.name === name && figure.system === "shopwire")
    if (found === undefined) throw new Error(`docs/figures.json has no figure ${name}`)
    const of = (key: string): number => median(found.rounds.map((round) => round[key] ?? Number.NaN))
    const perCore = (key: string): string => rounded(1_000_000 / of(key))
    return [name, rounded(of("perSecond")), ...["edgeCpuMicros", "serviceCpuMicros", "natsCpuMicros"].map(perCore)]
  })
  const [, processes = ""] = /<!-- processes -->\n([\s\S]*?)<!-- \/processes -->/.exec(scalingPage) ?? []
  const rows = processes
    .trim()
    .split("\n")
    .map((row) => row.slice(2, -2).split(" | "))
  const calculated = rows.filter((row, i) => i > 1 && row[1] === ROUTING)
  const chosen = (row: readonly string[]): string[] => COLUMNS.map((column) => row[column] ?? "")
  return [
    "Measured, with one edge, one service, one nats-server and the load itself on two cores:",
    "",
    table(
      ["load", "events/s", "requests/s for a core of an edge", "of a service", "of nats-server"],
      measured.map(([name = "", ...cells]) => [name, ...cells]),
    ),
    "",
    "Calculated, for machines of 8 cores, if the screens of a shop are sent to one gateway; the last column is machines:",
    "",
    table(chosen(rows[0] ?? []), calculated.map(chosen)),
  ].join("\n")
}

/** Replaces what is between the two marks of `page`. */
export function withSizingTables(page: string, tables: string): string {
  return page.replace(/(<!-- sizing -->\n)[\s\S]*(<!-- \/sizing -->)/, (_, begin, end) => `${begin}${tables}\n${end}`)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** To two digits: more would pretend to know. */
function rounded(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString("en")
}
