import { randomUUID } from "node:crypto"
import { readFile } from "node:fs/promises"
import { Command } from "commander"
import { samplePublishEvent } from "../contract/publish-event.ts"
import { several, shopId } from "./arguments.ts"
import { bearer, edgeUrl } from "./doors.ts"
import { EdgePublisher } from "./edge-publisher.ts"
import { EXIT, UsageError } from "./exit-status.ts"
import { jsonLine, type Terminal } from "./terminal.ts"

interface PublishOptions {
  readonly shop?: string
  readonly set: readonly string[]
  readonly key?: string
  readonly json?: true
  readonly token?: string
}

export function publishCommand(terminal: Terminal, end: (status: number) => void): Command {
  return new Command("publish")
    .description("store events: those of a file, or a sample with the present time")
    .argument("[file]", "JSON: one event, an array (stored as a whole), or an event a line; - is standard input")
    .option("--shop <id>", "the shop of the events (default: the one they name)", shopId)
    .option("--set <field=value>", "change a field of the events; several times", several, [])
    .option("--key <key>", "the Idempotency-Key of a single request, which is then stored once within 10 minutes")
    .option("--json", "the answers as JSON, one a line")
    .option("--token <token>", "a token that may publish (else SHOPWIRE_TOKEN)")
    .action(async (file: string | undefined, options: PublishOptions) => end(await publish(terminal, file, options)))
}

async function publish(terminal: Terminal, file: string | undefined, options: PublishOptions): Promise<number> {
  const requests = file === undefined ? [sample()] : requestsIn(await textOf(terminal, file))
  if (options.key !== undefined && requests.length > 1) {
    throw new UsageError(`--key: ${requests.length} requests can't have the same key; leave it out, or send an array`)
  }
  const changes = options.set.map(changeIn)
  const publisher = new EdgePublisher({
    edgeUrl: edgeUrl(terminal),
    headers: bearer(terminal, options.token),
    signal: terminal.signal,
  })
  for (const request of requests) {
    const events = (Array.isArray(request) ? request : [request]).map((event: unknown) =>
      changed(event, [...(options.shop === undefined ? [] : [["shop_id", options.shop] as const]), ...changes]),
    )
    const shop = shopOf(events[0])
    const body = Array.isArray(request) ? events : events[0]
    const seqs = await publisher.publish(shop, body, options.key ?? randomUUID())
    if (options.json === true) terminal.print(jsonLine({ shop_id: shop, seqs }))
    else terminal.print(`stored in shop ${shop}: ${seqs.map((seq) => `#${seq}`).join(" ")}`)
  }
  return EXIT.ok
}

function sample(): object {
  return { ...samplePublishEvent, session_id: randomUUID(), create_time: new Date().toISOString() }
}

async function textOf(terminal: Terminal, file: string): Promise<string> {
  if (file === "-") return await terminal.read()
  return await readFile(file, "utf8").catch(() => {
    throw new UsageError(`${file}: expected a readable file`)
  })
}

/** The bodies of the requests in a text: the whole of it, or one a line. */
function requestsIn(text: string): unknown[] {
  const whole = parsed(text)
  if (whole !== undefined) return [whole]
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, i) => {
      const event = parsed(line)
      if (event === undefined) throw new UsageError(`line ${i + 1} is not JSON`)
      return event
    })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Reads `field=value`; a value that is JSON counts as such, any other one as text. */
function changeIn(text: string): readonly [field: string, value: unknown] {
  const [, field, value = ""] = /^(\w+)=(.*)$/s.exec(text) ?? []
  if (field === undefined) throw new UsageError(`--set ${text}: expected field=value`)
  const isText = typeof samplePublishEvent[field as keyof typeof samplePublishEvent] === "string"
  return [field, isText ? value : (parsed(value) ?? value)]
}

function changed(event: unknown, changes: readonly (readonly [string, unknown])[]): unknown {
  return typeof event === "object" && event !== null ? { ...event, ...Object.fromEntries(changes) } : event
}

function shopOf(event: unknown): string {
  const named = typeof event === "object" && event !== null && "shop_id" in event ? event.shop_id : undefined
  if (typeof named !== "string") throw new UsageError("the events name no shop: give --shop")
  return shopId(named)
}
