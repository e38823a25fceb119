// `POST /publish` as fast as answers come, beside what does the same with less: see bench/references. Round-robin over all of them; prints
// of each figure [median, least, greatest] of the rounds, and what that says about the goals. Everything is in processes of its own.
// npm run bench -- publish [seconds of each in a round] [rounds] [part of the names of the loads] [sync_interval of nats-server]
import { measureOptions } from "./figures/measure.ts"
import { printFigures } from "./figures/print.ts"
import { publishFigures } from "./publish/loads.ts"
import { measurePublish } from "./publish/measure.ts"

const args = process.argv.slice(2)
const [, , part = "", syncInterval] = args
const loads = publishFigures.filter(({ name }) => name.includes(part))
printFigures(await measurePublish(measureOptions(args, 3), loads, { syncInterval }))
