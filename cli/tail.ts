import { setTimeout as sleep } from "node:timers/promises"
import { Command } from "commander"
import type { ShownEvent } from "../contract/publish-event.ts"
import { shopId, wholeNumber } from "./arguments.ts"
import { bearer, edgeUrl } from "./doors.ts"
import { eventLine } from "./event-line.ts"
import { streamEvents } from "./event-stream.ts"
import { AwayError, EXIT, RefusedError } from "./exit-status.ts"
import { failureOf } from "./requests.ts"
import { jsonLine, type Terminal } from "./terminal.ts"

/** The stream sends a comment every 15 s; after so long without anything the connection is dead. */
const SILENCE_MS = 40_000
/** Pause before connecting again, in ms. */
const RETRY_MS = 1000
/** How many of the newest events come first: as many as a feed shows. */
const MAX_REPLAY = 100

interface TailOptions {
  readonly replay: number
  readonly count?: number
  readonly json?: true
  readonly token?: string
}

export function tailCommand(terminal: Terminal, end: (status: number) => void): Command {
  return new Command("tail")
    .description("print a shop's events as they come, until Ctrl-C; after a lost connection without a gap")
    .argument("<shop>", "the shop's ID", shopId)
    .option("--replay <n>", "how many of the newest events come first", wholeNumber(0, MAX_REPLAY), 0)
    .option("--count <n>", "end after so many events", wholeNumber(1))
    .option("--json", "one event a line, as JSON")
    .option("--token <token>", "a token that may read the shop (else SHOPWIRE_TOKEN)")
    .action(async (shop: string, options: TailOptions) => end(await tail(terminal, shop, options)))
}

/** Resolves when the command ends. Rejects if the first connection fails, or the edge refuses the reader. */
async function tail(terminal: Terminal, shop: string, options: TailOptions): Promise<number> {
  const { signal } = terminal
  let { replay, count: left = Number.POSITIVE_INFINITY } = options
  let lastId: string | undefined
  let connected = false
  let isAway = false
  while (!signal.aborted) {
    const silence = new AbortController()
    const alarm = setTimeout(() => silence.abort(), SILENCE_MS)
    try {
      const body = await open(terminal, shop, { ...options, replay, lastId }, AbortSignal.any([signal, silence.signal]))
      if (connected) terminal.complain("connected again")
      connected = true
      isAway = false
      replay = 0
      for await (const event of streamEvents(body, () => alarm.refresh())) {
        if (event.id !== "") lastId = event.id
        if (event.name === "") continue
        if (event.name !== "action") terminal.complain(notice(event.name, event.data))
        else {
          const shown: ShownEvent = JSON.parse(event.data)
          terminal.print(options.json === true ? jsonLine(shown) : eventLine(terminal, shown))
          if (--left === 0) return EXIT.ok
        }
      }
      if (!signal.aborted) terminal.complain("the connection is lost; trying again")
    } catch (error) {
      if (signal.aborted) break
      if (!connected || error instanceof RefusedError) throw error
      // Once, however long it lasts.
      if (!isAway) terminal.complain("the edge does not answer; trying again")
      isAway = true
    } finally {
      clearTimeout(alarm)
      silence.abort()
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
  }
  return EXIT.ok
}

async function open(
  terminal: Terminal,
  shop: string,
  { replay, lastId, token }: TailOptions & { readonly lastId: string | undefined },
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const url = `${edgeUrl(terminal)}/stream/${shop}?replay=${replay}`
  const headers = {
    accept: "text/event-stream",
    ...(lastId === undefined ? {} : { "last-event-id": lastId }),
    ...bearer(terminal, token),
  }
  const answer = await fetch(url, { headers, signal }).catch((error: unknown) => {
    throw signal.aborted ? error : new AwayError(`${edgeUrl(terminal)} does not answer: is the product running there?`)
  })
  if (!answer.ok || answer.body === null) throw await failureOf(answer)
  return answer.body
}

/** Says what an event is about that is no event of the shop. */
function notice(name: string, data: string): string {
  if (name === "erased") return `erased: ${data}`
  if (name === "restart") return "this is another log now: its sequences begin again"
  return `${name}: ${data}`
}
