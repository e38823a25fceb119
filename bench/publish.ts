// `POST /publish` as fast as answers come, beside what does the same with less: see bench/references. Round-robin over all of them; prints
// of each figure [median, least, greatest] of the rounds, and what that says about the goals. Everything is in processes of its own.
// npm run bench -- publish [seconds of each in a round] [rounds] [part of the names of the loads] [sync_interval of nats-server]
import { metricsOf, spreadOf } from "./figures/figures.ts"
import { verdicts } from "./figures/goals.ts"
import { publishFigures } from "./publish/loads.ts"
import { measurePublish } from "./publish/measure.ts"
import { report } from "./stats.ts"

const seconds = Number(process.argv[2] ?? 3)
const rounds = Number(process.argv[3] ?? 3)
const part = process.argv[4] ?? ""

const figures = await measurePublish({
  seconds,
  rounds,
  figures: publishFigures.filter(({ name }) => name.includes(part)),
  store: { syncInterval: process.argv[5] },
  progress: (line) => console.error(line),
})
for (const figure of figures) {
  const { name, system } = figure
  const spreads = metricsOf(figure).flatMap((metric) => {
    const found = spreadOf(figures, name, system, metric)
    return found === undefined ? [] : [[metric, [found.median, found.least, found.most]]]
  })
  report(name, { system, ...Object.fromEntries(spreads) })
}
for (const { goal, value, wanted, reached } of verdicts(figures)) {
  if (value !== undefined) console.log(JSON.stringify({ goal, value: Number(value.toPrecision(3)), wanted, reached }))
}
