// Shared carts, through the old storefronts' WebSocket; service, edge, nats-server and the storefronts in processes of their
// own: 100 and 1,000 sessions of 4 members, each member one update a second, or the next one when it has seen its own; and the
// largest session, one update every 5 s.
// npm run bench -- sessions [seconds of each in a round] [rounds]
import { measureOptions } from "./figures/measure.ts"
import { printFigures } from "./figures/print.ts"
import { measureSessions } from "./sessions/measure.ts"
import { largestSession, sessionsShapes } from "./sessions/shapes.ts"

printFigures(await measureSessions(measureOptions(process.argv.slice(2), 5), [...sessionsShapes, largestSession]))
