import { readFileSync } from "node:fs"
import { expect } from "chai"
import { EMBEDDED, fanOutName, RESGATE, shapes } from "../../../bench/fan-out/shapes.ts"
import { changes } from "../../../bench/figures/compare.ts"
import type { Figure, Values } from "../../../bench/figures/figures.ts"
import { busyness, type Run, storedRun } from "../../../bench/figures/run.ts"
import { charts } from "../../../bench/page/charts.ts"
import { runText, spreadText, withFigures } from "../../../bench/page/figures-page.ts"
import { figuresPage, images } from "../../../bench/page/write.ts"
import { postName } from "../../../bench/publish/loads.ts"

const page = readFileSync(figuresPage, "utf8")

function runWith(figures: readonly Figure[], rest: Partial<Run> = {}): Run {
  return {
    measuredAt: "2026-11-26T12:00:00.000Z",
    commit: "0123456789",
    machine: { cores: 2, processor: "Ein <Kern>", memoryGib: 24, node: "20.20.2" },
    rounds: 3,
    took: 540,
    figures,
    missing: [],
    ...rest,
  }
}

function figure(name: string, system: string, ...rounds: Values[]): Figure {
  return { name, system, rounds }
}

const calm = { othersPercent: 3, loadAverage: 2.5 }
const busy = { othersPercent: 60, loadAverage: 17 }

describe("docs/figures.md and the charts", () => {
  it("are what docs/figures.json gives (if not: npm run bench -- figures)", () => {
    const run = storedRun()
    expect(withFigures(page, run)).to.equal(page)
    for (const [file, svg] of Object.entries(charts(run))) {
      expect(readFileSync(new URL(file, images), "utf8"), file).to.equal(svg)
    }
  })

  it("are all in the README", () => {
    const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8")
    for (const file of Object.keys(charts(storedRun()))) expect(readme).to.include(`docs/images/${file}`)
  })
})

describe("withFigures()", () => {
  const name = postName(16)
  const rounds = (...rates: number[]) => rates.map((perSecond) => ({ perSecond, p50Ms: 1, p99Ms: 4.25, cpuMicros: 90 }))
  const run = runWith([
    figure(
      name,
      "shopwire",
      ...rounds(9000, 12000, 10000).map((values) => ({ ...values, edgeCpuMicros: 40, ...calm })),
    ),
    figure(name, "FastAPI", ...rounds(4000, 5000, 4500)),
    figure(name, "Express", ...rounds(8000, 8000, 8000)),
  ])

  it("has the median of the rounds with its spread, the delays, and the CPU time by process", () => {
    expect(withFigures(page, run)).to.include(
      `| ${name} | **shopwire** | 10,000 (9,000 to 12,000) | 1 ms | 4.25 ms | 90 µs: edge 40 |`,
    )
  })

  it("says of each goal whether it is reached", () => {
    const text = withFigures(page, run)
    expect(text).to.include(`| ${name}: rate, compared with FastAPI | at least 2 x | 2.22 x | reached |`)
    expect(text).to.include(`| ${name}: rate, compared with Express | at least 1.3 x | 1.25 x | **not reached** |`)
    expect(text).to.include(`| ${postName(64)}: rate, compared with FastAPI | at least 2 x |  | not measured |`)
  })

  it("says that the machine was too busy to tell, with each goal too", () => {
    const other = runWith(
      run.figures.map((each) =>
        figure(each.name, each.system, ...each.rounds.map((values) => ({ ...values, ...busy }))),
      ),
    )
    const text = withFigures(page, other)
    expect(text).to.include("**The machine was too busy to tell**")
    expect(text).to.include("| at least 2 x | 2.22 x | reached, too busy to tell |")
    expect(withFigures(page, run)).not.to.include("too busy to tell**")
  })

  it("throws when the page has no place for a part", () => {
    expect(() => withFigures(page.replace("<!-- goals -->", ""), run)).to.throw("no marks for goals")
  })
})

describe("runText()", () => {
  it("names machine, commit, rounds, how busy it was, and what is missing", () => {
    const text = runText(
      runWith([figure("a", "b", calm, { ...calm, loadAverage: 3 })], { missing: ["Resgate, since X"] }),
    )
    expect(text).to.include("on 2026-11-26, commit `0123456789`: 2 cores (Ein <Kern>), 24 GiB, Node 20.20.2; 3 rounds")
    expect(text).to.include("Other processes took 3 % of the CPU; load average 2.8 (2.5 to 3).")
    expect(text).to.include("Missing: Resgate, since X.")
  })

  it("says when the load reached too little to measure with", () => {
    const bare = (perSecond: number) => runText(runWith([figure(postName(16), "bare node:http", { perSecond })]))
    expect(bare(39_999)).to.include(
      "reached 39,999 requests/s with bare node:http: less than 40,000, so the load itself",
    )
    expect(bare(40_000)).to.include("reached 40,000 requests/s with bare node:http.")
  })

  it("says nothing about how busy the machine was when no figure is there", () => {
    expect(busyness(runWith([]))).to.equal(undefined)
    expect(runText(runWith([]))).not.to.include("Other processes")
  })
})

describe("spreadText()", () => {
  it("leaves the ends out when they are the same", () => {
    expect(spreadText({ median: 5, least: 5, most: 5 })).to.equal("5")
    expect(spreadText({ median: 5, least: 4, most: 1234.4 })).to.equal("5 (4 to 1,234)")
  })
})

describe("charts()", () => {
  const [shape = { collections: 1, subscribers: 100 }] = shapes
  const svgs = charts(
    runWith([
      figure(postName(16), "shopwire", { perSecond: 1000, p99Ms: 5, ...calm }, { perSecond: 2000, p99Ms: 7, ...calm }),
      figure(postName(16), "FastAPI", { perSecond: 750, p99Ms: 9 }),
      figure(fanOutName(shape), EMBEDDED, { perSecond: 400, calmP99Ms: 3 }),
      figure(fanOutName(shape), RESGATE, { perSecond: 100, calmP99Ms: 6 }),
    ]),
  )

  it("have a bar as long as the median, a line from the least to the greatest, and the number with the p99", () => {
    const svg = svgs["publish.svg"] ?? ""
    const widths = [...svg.matchAll(/<rect x="170"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width))
    expect(widths).to.deep.equal([273.8, 136.9])
    const [, from, to] = /<line x1="([\d.]+)" x2="([\d.]+)"/.exec(svg) ?? []
    expect([Number(from) - 170, Number(to) - 170]).to.deep.equal([182.5, 365])
    expect(svg).to.include("1,500, p99 6 ms").and.to.include("shopwire, stored").and.to.include("FastAPI + NATS")
  })

  it("tell the machine and its load below, and are valid XML whatever its name", () => {
    expect(svgs["publish.svg"]).to.include(
      "2 cores (Ein &lt;Kern&gt;), Node 20.20.2, load average 2.5; 2026-11-26, 0123456789.",
    )
  })

  it("show the product's own bars in another colour, in the second one too", () => {
    const colours = [...(svgs["fan-out.svg"] ?? "").matchAll(/<rect x="170"[^>]* fill="([^"]+)"/g)].map(
      ([, fill]) => fill,
    )
    expect(colours).to.deep.equal(["#1f6feb", "#8c959f"])
  })
})

describe("changes()", () => {
  const before = runWith([figure("a", "x", { perSecond: 10 }, { perSecond: 20 }), figure("b", "x", { perSecond: 1 })])

  it("compares the medians, and is clear when no round is within the other's spread", () => {
    const after = runWith([figure("a", "x", { perSecond: 21, p99Ms: 1 }, { perSecond: 29, p99Ms: 1 })])
    expect(changes(before, after)).to.deep.equal([
      { name: "a", system: "x", metric: "perSecond", before: 15, after: 25, clear: true },
    ])
  })

  it("is not clear when the spreads touch", () => {
    const after = runWith([figure("a", "x", { perSecond: 20 }, { perSecond: 29 })])
    expect(changes(before, after).map(({ clear }) => clear)).to.deep.equal([false])
  })
})
