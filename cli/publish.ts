import { randomUUID } from "node:crypto"
import { readFile } from "node:fs/promises"
import { Command } from "commander"
import { ShopId, samplePublishEvent } from "../contract/publish-event.ts"
import { several, shopId } from "./arguments.ts"
import { bearer, edgeUrl } from "./doors.ts"
import { EdgePublisher } from "./edge-publisher.ts"
import { EXIT, errorAt, InputError, UsageError } from "./exit-status.ts"
import { harmless, jsonLine, type Terminal } from "./terminal.ts"

interface PublishOptions {
  readonly shop?: string
  readonly set?: readonly string[]
  readonly key?: string
  readonly json?: true
  readonly token?: string
}

export function publishCommand(terminal: Terminal, end: (status: number) => void): Command {
  return new Command("publish")
    .description("store events: those of a file, or a sample with the present time")
    .argument("[file]", "JSON: one event, an array (stored as a whole), or an event a line; - is standard input")
    .option("--shop <id>", "the shop of the events (default: the one they name)", shopId)
    .option("--set <field=value>", "change a field of the events; may be repeated", several)
    .option("--key <key>", "the Idempotency-Key of a single request, which is then stored once within 10 minutes")
    .option("--json", "the answers as JSON, one a line")
    .option("--token <token>", "a token that may publish (else SHOPWIRE_TOKEN)")
    .action(async (file: string | undefined, options: PublishOptions) => end(await publish(terminal, file, options)))
}

/** The body of a request: an event, or an array of them. */
interface Body {
  /** Of several: which one. */
  readonly place?: string
  readonly value: unknown
}

async function publish(terminal: Terminal, file: string | undefined, options: PublishOptions): Promise<number> {
  const bodies = file === undefined ? [{ value: sample() }] : bodiesIn(await textOf(terminal, file))
  if (bodies.length === 0) terminal.complain("there is no event in it")
  if (options.key !== undefined && bodies.length > 1) {
    throw new UsageError(`--key: ${bodies.length} requests can't have the same key; leave it out, or send an array`)
  }
  const changes = [
    ...(options.shop === undefined ? [] : [["shop_id", options.shop] as const]),
    ...(options.set ?? []).map(changeIn),
  ]
  // All are read before the first one is sent, so that a wrong line does not leave half of a file stored.
  const requests = bodies.map(({ place, value }) => {
    const body = Array.isArray(value) ? value.map((event) => changed(event, changes)) : changed(value, changes)
    return { place, shop: shopOf(Array.isArray(body) ? body[0] : body, place), body }
  })
  const publisher = new EdgePublisher({
    edgeUrl: edgeUrl(terminal),
    headers: bearer(terminal, options.token),
    signal: terminal.signal,
  })
  for (const { place, shop, body } of requests) {
    const seqs = await publisher.publish(shop, body, options.key ?? randomUUID()).catch((error: unknown) => {
      throw errorAt(place, error)
    })
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
function bodiesIn(text: string): Body[] {
  const whole = parsed(text)
  if (whole !== undefined) return [{ value: whole }]
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return []
    const value = parsed(line)
    if (value === undefined) throw new InputError(`line ${i + 1} is not JSON`)
    return [{ place: `line ${i + 1}`, value }]
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

function shopOf(event: unknown, place: string | undefined): string {
  const named = typeof event === "object" && event !== null && "shop_id" in event ? event.shop_id : undefined
  const parsed = ShopId.safeParse(named)
  if (parsed.success) return parsed.data
  const where = place === undefined ? "" : `${place}: `
  if (typeof named !== "string") throw new InputError(`${where}the events name no shop: give --shop`)
  throw new InputError(`${where}shop_id ${harmless(JSON.stringify(named))}: expected a UUID version 4`)
}
