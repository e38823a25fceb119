// POSTs as fast as answers come, 16 at a time, to a shop that nobody watches, and to one that 100 screens watch: feed, baskets, figures.
// npm run bench -- watched [seconds of each in a round] [rounds]
import { measureOptions } from "./figures/measure.ts"
import { printFigures } from "./figures/print.ts"
import { measureWatched } from "./shop/watched.ts"

printFigures(await measureWatched(measureOptions(process.argv.slice(2), 3)))
