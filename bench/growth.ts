// What a POST costs, in CPU time and memory, with ten times as much of something: watched shops, screens of one shop, events of the log;
// with 10,000 idle old sockets at the edge; and with 10,000 shops loaded in the service. A small and a large product are measured in
// turns. The last lines divide the CPU time of the large one by that of the small one.
// npm run bench -- growth [seconds of each in a round] [rounds] [part of the names]
import { measureOptions } from "./figures/measure.ts"
import { printFigures } from "./figures/print.ts"
import { growths } from "./growth/growths.ts"
import { measureGrowth } from "./growth/measure.ts"
import { costRatios } from "./growth/ratios.ts"

const args = process.argv.slice(2)
const [, , part = ""] = args
const wanted = growths.filter(({ name }) => name.includes(part))
const figures = await measureGrowth(wanted, measureOptions(args, 3))
printFigures(figures)
for (const ratio of costRatios(wanted, figures)) console.log(JSON.stringify(ratio))
