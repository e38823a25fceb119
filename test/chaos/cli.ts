// npm run chaos -- [--faults N] [--seed S] [--minutes M]: faults of all kinds, drawn from a seed, while the product is used. See
// docs/chaos.md.
import { createWriteStream } from "node:fs"
import { parseArgs } from "node:util"
import { type FaultKind, faultKinds } from "./faults.ts"
import { isGood, roundText, totalsText } from "./report.ts"
import { runChaos } from "./run.ts"

const usage = `Usage: npm run chaos -- [options]

  --faults N      how many faults (100)
  --minutes M     ends before, after this time
  --seed S        the same faults as another time (default: another one each time)
  --kinds A,B     only these (${faultKinds.join(", ")})
  --without A,B   all but these
  --nodes N       nats-servers: 1, or 3 in a cluster (1)
  --services N    (2)
  --longest S     longest that a process is paused or a link disturbed, in seconds (60)
  --log FILE      what the processes print
`

const { values } = parseArgs({
  options: {
    faults: { type: "string", default: "100" },
    minutes: { type: "string", default: String(24 * 60) },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    kinds: { type: "string", default: faultKinds.join() },
    without: { type: "string", default: "" },
    nodes: { type: "string", default: "1" },
    services: { type: "string", default: "2" },
    longest: { type: "string", default: "60" },
    log: { type: "string" },
    help: { type: "boolean", default: false },
  },
})
const [faults, minutes, seed, services, longestS] = [
  values.faults,
  values.minutes,
  values.seed,
  values.services,
  values.longest,
].map(Number)
const nats = values.nodes === "1" ? 1 : values.nodes === "3" ? 3 : undefined
const kinds = kindsOf(values.kinds)?.filter((kind) => !values.without.split(",").includes(kind))
const isNumber = (value: number | undefined): value is number => value !== undefined && value > 0
if (
  values.help ||
  !isNumber(faults) ||
  !isNumber(minutes) ||
  !isNumber(seed) ||
  !isNumber(services) ||
  !isNumber(longestS) ||
  nats === undefined ||
  !kinds?.length
) {
  process.stderr.write(usage)
  process.exit(values.help ? 0 : 2)
}

const startedAt = performance.now()
const say = (line: string): void => console.log(`${((performance.now() - startedAt) / 1000).toFixed(1)} s  ${line}`)
const log = values.log === undefined ? undefined : createWriteStream(values.log)
console.log(`seed ${seed}`)
const rounds = await runChaos({
  seed,
  faults,
  kinds,
  maxMs: minutes * 60_000,
  longestMs: longestS * 1000,
  world: { nats, service: services, edge: 2, gateway: 2 },
  load: { shops: 3, sessions: 2, members: 4, pauseMs: 100 },
  say,
  onPrint: (text) => log?.write(text),
  onRound: (round) => console.log(roundText(round)),
})
const flags = process.argv.slice(2).filter((flag, i, all) => flag !== "--seed" && all[i - 1] !== "--seed")
console.log(totalsText(rounds, `npm run chaos -- --seed ${[seed, ...flags].join(" ")}`))
process.exitCode = isGood(rounds) ? 0 : 1

function kindsOf(names: string): FaultKind[] | undefined {
  const wanted = names.split(",")
  const found = faultKinds.filter((kind) => wanted.includes(kind))
  return found.length === wanted.length ? found : undefined
}
