import type { StoredMsg } from "@nats-io/jetstream"
import type { NatsConnection } from "nats"
import { ResError } from "res-service"
import type { Client } from "res-service/client"
import { originHeaders } from "../contract/request-origin.ts"
import { feed } from "../contract/store.ts"
import { AnnotationBucket, annotatedEvent } from "../service/archive/annotation-bucket.ts"
import { DeadLetters } from "../service/archive/dead-letters.ts"
import { consumerName } from "../service/archive/intake.ts"
import { JetStream } from "../service/jetstream/jetstream.ts"
import { CONTENT_HASH } from "../service/log/content-hash.ts"
import { type LogEntry, readRecord } from "../service/log/entry.ts"
import { logId } from "../service/log/log-id.ts"
import { LogReader } from "../service/log/reader.ts"
import { STREAM } from "../service/log/stream.ts"
import { withClient } from "./doors.ts"
import { eventLine } from "./event-line.ts"
import { EXIT } from "./exit-status.ts"
import { shownMetrics } from "./shown-metrics.ts"
import { harmless, labelled, type Terminal } from "./terminal.ts"

/** Of the events that a service has shown, how many make what is usual. */
const USUAL_SHARE = 0.95

/** Headers that say what the other lines say in words. */
const SAID = new Set<string>([
  ...["Nats-Msg-Id", "Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp"],
  ...[CONTENT_HASH, ...Object.values(originHeaders)],
])

/**
 * Tells the life of a message of the log: who sent it, and what became of it. Resolves to the exit status.
 *
 * Reads JetStream as the service does, so it needs the service's login where NATS has logins.
 */
export async function explainEvent(terminal: Terminal, seq: number): Promise<number> {
  return await withClient(terminal, async (client, nc) => {
    const life = new EventLife(terminal, client, nc)
    return await life.tell(seq)
  })
}

class EventLife {
  readonly #terminal: Terminal
  readonly #client: Client
  readonly #js: JetStream
  readonly #reader: LogReader

  constructor(terminal: Terminal, client: Client, nc: NatsConnection) {
    this.#terminal = terminal
    this.#client = client
    this.#js = new JetStream(nc)
    this.#reader = new LogReader(this.#js)
  }

  async tell(seq: number): Promise<number> {
    const { created, state } = await this.#js.info(STREAM)
    const message = await this.#reader.message(seq)
    if (message === undefined) {
      this.#say(
        "event",
        seq > state.last_seq ? `the log ends at #${state.last_seq}` : `#${seq} is gone: expired, or erased`,
      )
      if (seq < state.first_seq)
        this.#say("log", `its oldest message is #${state.first_seq}; the archive may have more`)
      return EXIT.no
    }
    const record = readRecord(message)
    if ("reason" in record) this.#say("refused", `it is shown nowhere, for it is not valid: ${record.reason}`)
    else if ("work" in record) {
      const { task, by, session_id } = record.work
      this.#say("work", `${harmless(by)}: ${task} of basket ${session_id}, shop ${record.shopId}`)
    } else this.#say("event", eventLine(this.#terminal, record.event))
    this.#say("stored", `${message.time.toISOString()} in ${STREAM}, log ${logId(created).key}, as ${message.subject}`)
    this.#sender(message, record)
    if ("event" in record) await this.#afterwards(record, created)
    return EXIT.ok
  }

  /** Who has published a message, as far as its headers say. */
  #sender({ header }: StoredMsg, record: ReturnType<typeof readRecord>): void {
    const place = "event" in record ? record.place : undefined
    if (place !== undefined) {
      const late = place.late ? ", after later ones had been stored" : ""
      this.#say("sender", `producer ${place.id}, epoch ${place.epoch}, request ${place.seq}${late}`)
    } else if (header?.has("Nats-Msg-Id")) {
      this.#say("sender", "a request with an Idempotency-Key, or a program on NATS that sets message IDs")
    } else this.#say("sender", "a request without Idempotency-Key, another event of one with it, or a program on NATS")
    const requestId = header?.get(originHeaders.requestId) ?? ""
    const trace = header?.get(originHeaders.trace) ?? ""
    if (requestId !== "" || trace !== "") {
      this.#say("request", harmless(`${requestId || "without an ID"}${trace === "" ? "" : `, trace ${trace}`}`))
    }
    for (const [name = "", values = []] of header ?? []) {
      if (!SAID.has(name)) this.#say("header", harmless(`${name}: ${values.join(", ")}`))
    }
  }

  /** What became of a valid event. */
  async #afterwards({ shopId, event }: LogEntry, created: string): Promise<void> {
    const log = logId(created)
    await this.#told("shown", async () => {
      const shown = await this.#client.get(feed, { shop_id: shopId })
      const at = shown.findIndex(({ seq }) => seq === event.seq)
      return at < 0
        ? "not among the newest events of its shop any more"
        : `in the shop's feed, number ${at + 1} of ${shown.length}`
    })
    await this.#told("when", async () => {
      const one = "for one event only its trace tells when it was shown (docs/traces.md)"
      const service = (await shownMetrics(this.#terminal))?.find(({ process }) => process === "service")
      const bound = service?.boundOf("shopwire_event_shown_seconds", USUAL_SHARE)
      return bound === undefined ? one : `${100 * USUAL_SHARE} % were shown within ${bound} s of storing; ${one}`
    })
    await this.#told("archived", async () => {
      const consumer = await this.#js.consumer(STREAM, consumerName(log))
      if (consumer === undefined) return "no: no archiver has ever run on this log"
      const letter = { shopId, kind: "event", id: String(event.seq) } as const
      const reason = await new DeadLetters(this.#js).reasonOf(letter)
      if (reason !== undefined) return `no: MongoDB refuses it for good: ${reason}`
      if (consumer.ack_floor.stream_seq >= event.seq) return "yes"
      return `not known yet: all up to #${consumer.ack_floor.stream_seq} is, ${consumer.num_pending} wait`
    })
    await this.#told("notes", async () => {
      const { annotations } = await new AnnotationBucket(this.#js).get(annotatedEvent(log, shopId, event.seq))
      return annotations === undefined ? "no annotations" : `annotated: ${harmless(JSON.stringify(annotations))}`
    })
    await this.#told("work", async () => {
      const done: string[] = []
      for await (const batch of this.#reader.work(shopId)) {
        for (const { work } of batch) {
          if (work.session_id !== event.session_id || work.seq < event.seq) continue
          done.push(`#${work.seq} ${work.received_at} ${harmless(work.by)}: ${work.task}`)
        }
      }
      return done.length === 0 ? "nobody has worked on its basket since" : done.join("; ")
    })
  }

  /** Says something, or that it cannot be read, as with a login that may not. */
  async #told(label: string, find: () => Promise<string>): Promise<void> {
    const what = await find().catch((error: Error) => `not known: ${whyNot(error)}`)
    this.#say(label, what)
  }

  #say(label: string, what: string): void {
    this.#terminal.print(labelled(label, what))
  }
}

/** A valid shop's feed is always there: it is not found if nobody answers for it. */
function whyNot(error: Error): string {
  return error instanceof ResError && error.code === "system.notFound" ? "no service answers" : error.message
}
