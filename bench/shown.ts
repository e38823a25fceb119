// From the POST to resclient's add event, 100 events a second in a shop with 100 screens. Everything in processes of its own.
// npm run bench -- shown [seconds of a round] [rounds]
import { measureOptions } from "./figures/measure.ts"
import { printFigures } from "./figures/print.ts"
import { measureShown } from "./shop/shown.ts"

printFigures(await measureShown(measureOptions(process.argv.slice(2), 5)))
