// Deliveries per second and their delay: the embedded gateway, Socket.IO 4 and, where RESGATE_BIN names it, a real Resgate, round-robin:
// N subscribers of one collection, and 1,000 collections with 5 subscribers each. Every server is a process of its own.
// npm run bench -- fan-out [seconds of each in a round] [rounds] [part of the names of the loads]
import { measureFanOut } from "./fan-out/measure.ts"
import { fanOutName, shapes } from "./fan-out/shapes.ts"
import { measureOptions } from "./figures/measure.ts"
import { printFigures } from "./figures/print.ts"

const args = process.argv.slice(2)
const [, , part = ""] = args
const wanted = shapes.filter((shape) => fanOutName(shape).includes(part))
printFigures(await measureFanOut(measureOptions(args, 3), wanted))
