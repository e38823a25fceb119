import type { Conn, Msg } from "../conn.ts"
import { ResError } from "../errors.ts"
import type { Logger } from "../logger.ts"
import type { Parts } from "../pattern.ts"
import { ChangeList, type QueryAnswer } from "./events.ts"
import { parsePayload } from "./incoming.ts"
import { readQuery, validated } from "./params.ts"
import { Reply } from "./reply.ts"
import type { AnyResource } from "./resource.ts"

/** One resource, by its name, and its declaration. */
export interface NamedResource {
  readonly resource: AnyResource
  readonly parts: Parts<string>
  readonly name: string
}

type Answer = QueryAnswer<unknown, ChangeList, unknown>

/**
 * Sends query events, and answers the query requests that follow: for a limited time, and on a subject of its own for each event.
 *
 * Source: RES-Service protocol 1.2.3, "Query event", "Query request".
 */
export class QueryEvents {
  readonly #conn: Conn
  readonly #logger: Logger
  readonly #durationMs: number
  readonly #enqueue: (named: NamedResource, task: () => Promise<void>) => void
  readonly #open = new Set<() => void>()
  /**
   * By name, the event that nobody has asked about yet, if no query was fetched since either. Whoever asks later also sees later
   * changes.
   */
  readonly #unasked = new Map<string, () => void>()

  /** @param enqueue runs a task in the queue of the resource */
  constructor(
    conn: Conn,
    logger: Logger,
    durationMs: number,
    enqueue: (named: NamedResource, task: () => Promise<void>) => void,
  ) {
    this.#conn = conn
    this.#logger = logger
    this.#durationMs = durationMs
    this.#enqueue = enqueue
  }

  /** Events whose query requests are still answered. */
  get size(): number {
    return this.#open.size
  }

  /** @param answer undefined: the content at the time of the query request. Several such events in a row are sent as one */
  send(named: NamedResource, answer: Answer | undefined): void {
    if (named.resource.handlers.query === undefined) throw new TypeError(`"${named.name}" is not a query resource`)
    if (answer === undefined && this.#unasked.has(named.name)) return
    const subject = this.#conn.newInbox()
    const subscription = this.#conn.subscribe(subject, (msg) => this.#receive(named, answer, msg))
    const end = (): void => {
      clearTimeout(timer)
      subscription.unsubscribe()
      this.#open.delete(end)
      if (this.#unasked.get(named.name) === end) this.#unasked.delete(named.name)
    }
    const timer = setTimeout(end, this.#durationMs)
    this.#open.add(end)
    if (answer === undefined) this.#unasked.set(named.name, end)
    this.#conn.publish(`event.${named.name}.query`, JSON.stringify({ subject }))
  }

  /** Call it for each get request with a query: a gateway that fetches the query after an event must be sent the next event. */
  got(name: string): void {
    this.#unasked.delete(name)
  }

  /** Answers no more requests. */
  close(): void {
    for (const end of this.#open) end()
  }

  #receive(named: NamedResource, answer: Answer | undefined, msg: Msg): void {
    this.#unasked.delete(named.name)
    if (msg.reply === undefined || msg.reply === "") return
    const reply = new Reply(this.#conn, this.#logger, `query request for ${named.name}`, msg.reply)
    const payload = parsePayload(reply, msg.data)
    if (payload === undefined) return
    this.#enqueue(named, async () => {
      try {
        reply.answer({ result: await queryResult(named, payload.query, answer, { msg, reply }) })
      } catch (error) {
        const resError = ResError.from(error)
        const details = { name: named.name, query: payload.query }
        if (resError.code === "system.internalError")
          this.#logger.error({ ...details, err: resError.cause ?? resError }, "a query request failed")
        reply.answer({ error: resError })
      }
    })
  }
}

async function queryResult(
  { resource, parts, name }: NamedResource,
  query: string,
  answer: Answer | undefined,
  { msg, reply }: { readonly msg: Msg; readonly reply: Reply },
): Promise<unknown> {
  const handler = resource.handlers.query
  if (handler === undefined) throw new ResError("system.notFound")
  const params = await validated("system.invalidQuery", handler.params, readQuery(query))
  if (answer === undefined) {
    const req = {
      name,
      parts,
      query,
      natsHeader: (header: string) => msg.header?.(header),
      extendTimeout: (timeoutMs: number) => reply.extendTimeout(timeoutMs),
    }
    const content: unknown = await handler.get(req, params)
    if (content === undefined) throw new ResError("system.notFound")
    return { [resource.kind]: content }
  }
  const changes = new ChangeList()
  const content = await answer(params, changes)
  return content === undefined ? { events: changes.events } : { [resource.kind]: content }
}
