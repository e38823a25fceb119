import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { Command, InvalidArgumentError } from "commander"
import { shopId, url } from "./arguments.ts"
import { bearer, edgeUrl } from "./doors.ts"
import { EdgePublisher } from "./edge-publisher.ts"
import { EXIT, errorAt, InterruptedError, UsageError } from "./exit-status.ts"
import { eventsOfFile, eventsOfRange, type RecordedEvent, rangeIn } from "./recorded-events.ts"
import { jsonLine, type Terminal } from "./terminal.ts"

/** How fast: times the recorded speed; Infinity: without pauses. */
const AS_RECORDED = 1

interface ReplayOptions {
  readonly shop?: string
  readonly into?: string
  readonly to?: string
  readonly speed: number
  readonly json?: true
  readonly token?: string
}

export function replayCommand(terminal: Terminal, end: (status: number) => void): Command {
  return new Command("replay")
    .description("publish recorded events again, in their order and with their pauses")
    .argument("<file|from..to>", "a file with an event a line, as /export writes it; or sequences or times of --shop")
    .option("--shop <id>", "the shop whose events are replayed; of a file: only those", shopId)
    .option("--into <id>", "the shop into which they are published (default: their own)", shopId)
    .option("--to <url>", "the edge to which they are published, as of another instance (default: EDGE_URL)", url)
    .option("--speed <n>", "times as fast as recorded; max: without pauses", speed, AS_RECORDED)
    .option("--json", "what was stored as JSON, one event a line")
    .option("--token <token>", "a token that may read and publish (else SHOPWIRE_TOKEN)")
    .action(async (source: string, options: ReplayOptions) => end(await replay(terminal, source, options)))
}

async function replay(terminal: Terminal, source: string, options: ReplayOptions): Promise<number> {
  const { signal } = terminal
  const own = edgeUrl(terminal)
  const to = options.to ?? own
  const headers = bearer(terminal, options.token)
  const publisher = new EdgePublisher({ edgeUrl: to, headers, signal })
  const run = randomUUID()
  let first: { readonly at: number; readonly now: number } | undefined
  let count = 0
  try {
    for await (const { place, event, shop, at } of recorded(terminal, source, options, headers, to === own)) {
      first ??= { at, now: performance.now() }
      const dueMs = (at - first.at) / options.speed - (performance.now() - first.now)
      if (dueMs > 0) await sleep(dueMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) throw new InterruptedError("interrupted")
      const into = options.into ?? shop
      const seqs = await publisher
        .publish(into, { ...event, shop_id: into }, `${run}-${count}`)
        .catch((error: unknown) => {
          throw errorAt(place, error)
        })
      count++
      if (options.json === true) terminal.print(jsonLine({ shop_id: into, seqs }))
    }
  } catch (error) {
    if (count > 0) terminal.complain(`${replayed(count)}, and not the rest:`)
    throw error
  }
  if (options.json !== true) terminal.print(replayed(count))
  return EXIT.ok
}

function replayed(count: number): string {
  return `${count} ${count === 1 ? "event" : "events"} replayed`
}

function recorded(
  terminal: Terminal,
  source: string,
  { shop, into }: ReplayOptions,
  headers: Readonly<Record<string, string>>,
  isSameEdge: boolean,
): AsyncGenerator<RecordedEvent> {
  const range = rangeIn(source)
  if (range === undefined) return eventsOfFile(source, shop)
  if (shop === undefined) throw new UsageError(`${source}: --shop must name the shop whose events these are`)
  if (isSameEdge && (into ?? shop) === shop) {
    throw new UsageError("the shop would have these events twice: name another shop (--into), or another edge (--to)")
  }
  return eventsOfRange(terminal, shop, range, headers)
}

function speed(text: string): number {
  const value = text === "max" ? Number.POSITIVE_INFINITY : Number(text)
  if (value > 0) return value
  throw new InvalidArgumentError("expected a number above 0, or max.")
}
