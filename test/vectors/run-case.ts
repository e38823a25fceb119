import { setTimeout as sleep } from "node:timers/promises"
import { compare } from "./compare.ts"
import { type Arrival, describe, Inbox } from "./inbox.ts"
import type { Listener } from "./listener.ts"
import { SocketParty, sendHttp } from "./parties.ts"
import { Scope } from "./scope.ts"
import type { ExpectedAnswer, Step, VectorCase } from "./vector-case.ts"

/** Nothing may come for so long after the last step. */
const FINAL_QUIET_MS = 100

/** Answer headers that are compared; the others are the HTTP stack's own business. */
const HEADERS =
  /^(content-type|location|vary|set-cookie|allow|access-control-.*|sec-websocket-(extensions|protocol)|x-test-.*)$/

export interface RunOptions {
  /** URL of the gateway. */
  readonly gateway: string
  /** Path of WebSockets. */
  readonly wsPath: string
  readonly listener: Listener
  /** How long to wait for each expected message. */
  readonly timeoutMs: number
  /** Other cases run meanwhile, so requests are told apart by their subjects. */
  readonly shared: boolean
}

/** Runs one case. Resolves with what went wrong; empty when nothing did. */
export async function runCase(spec: VectorCase, options: RunOptions): Promise<string[]> {
  const run = new CaseRun(spec, options)
  return run.perform()
}

class Mismatch extends Error {
  readonly lines: readonly string[]

  constructor(lines: readonly string[]) {
    super(lines.join("\n"))
    this.lines = lines
  }
}

class CaseRun {
  readonly #spec: VectorCase
  readonly #options: RunOptions
  readonly #scope: Scope
  readonly #inbox = new Inbox()
  readonly #clients = new Map<string, SocketParty>()
  /** From labels of requests to where their answers go. */
  readonly #replies = new Map<string, string>()

  constructor(spec: VectorCase, options: RunOptions) {
    this.#spec = spec
    this.#options = options
    this.#scope = Scope.create(spec.vars, new URL(options.gateway).host)
  }

  async perform(): Promise<string[]> {
    const { listener, shared } = this.#options
    const marks = shared ? this.#scope.marks : []
    const leave = await listener.join({ marks, inbox: this.#inbox }, this.#scope.fill(this.#spec.listen))
    try {
      await this.#steps(this.#spec.steps, "step ")
      await this.#quiet(FINAL_QUIET_MS, "end")
      return []
    } catch (error) {
      const lines = error instanceof Mismatch ? error.lines : [String(error)]
      return [...lines, ...this.#inbox.rest.map((line) => `unread: ${line}`)]
    } finally {
      leave()
      await Promise.all([...this.#clients.values()].map((client) => client.close()))
    }
  }

  async #steps(steps: readonly Step[], prefix: string): Promise<void> {
    for (const [i, step] of steps.entries()) await this.#step(step, `${prefix}${i + 1}`)
  }

  async #step(step: Step, place: string): Promise<void> {
    if (step.unordered) await this.#unordered(step.unordered, place)
    else if (step.repeat !== undefined) {
      for (let round = 1; round <= step.repeat; round++) await this.#steps(step.steps ?? [], `${place} (${round}) `)
    } else if (step.quiet !== undefined) await this.#quiet(step.quiet, place)
    else if (step.wait !== undefined) {
      // What the service has sent must be on its way to the gateway before the wait begins.
      await this.#options.listener.flush()
      await sleep(step.wait)
    } else if (step.from === "gateway") await this.#unordered([step], place)
    else await this.#send(step, place)
  }

  async #send(step: Step, place: string): Promise<void> {
    const [kind, label = ""] = (step.from ?? "").split(":")
    if (kind === "service") this.#publish(step, place)
    else if (kind === "http" && step.http) {
      sendHttp(this.#inbox, label, this.#options.gateway, this.#scope.fill(step.http))
    } else if (step.connect) await this.#connect(label, step, place)
    else {
      const client = this.#clients.get(label)
      if (step.close) await client?.close()
      else client?.send(this.#text(step.message, step.raw), step.binary === true)
    }
  }

  #publish(step: Step, place: string): void {
    const subject = step.publish === undefined ? this.#replies.get(step.replyTo ?? "") : this.#scope.fill(step.publish)
    if (subject === undefined) throw new Mismatch([`${place}: no request is known as ${step.replyTo}`])
    this.#options.listener.publish(subject, this.#text(step.payload, step.raw))
  }

  async #connect(label: string, step: Step, place: string): Promise<void> {
    const options = this.#scope.fill(step.connect ?? {})
    const client = new SocketParty(this.#inbox, label)
    this.#clients.set(label, client)
    const url = this.#options.gateway.replace(/^http/, "ws").replace(/\/$/, "") + (options.path ?? this.#options.wsPath)
    const opened = client.connect(url, options)
    if (options.manual) return
    if (!(await opened)) throw new Mismatch([`${place}: could not connect`])
    if (options.protocol) await client.negotiate(options.protocol)
  }

  /** Takes what comes until each of `steps` has fitted. */
  async #unordered(steps: readonly Step[], place: string): Promise<void> {
    const left = [...steps]
    while (left.length > 0) {
      const parties = [...new Set(left.map((step) => step.to ?? ""))]
      const taken = await this.#inbox.take(parties, this.#options.timeoutMs)
      if (!taken) throw new Mismatch([`${place}: nothing came; expected ${JSON.stringify(left[0]).slice(0, 300)}`])
      const tried = left.filter((step) => step.to === taken.party).map((step) => this.#try(step, taken.arrival, place))
      const fits = tried.find(({ differences }) => differences.length === 0)
      if (!fits) {
        const [nearest = []] = tried.map((each) => each.differences).sort((a, b) => a.length - b.length)
        throw new Mismatch([...nearest, `${place}: got ${describe(taken.arrival)}`])
      }
      this.#scope.adopt(fits.scope)
      left.splice(left.indexOf(fits.step), 1)
      this.#answer(fits.step, taken.arrival)
    }
  }

  #try(step: Step, arrival: Arrival, place: string): { step: Step; scope: Scope; differences: string[] } {
    const scope = this.#scope.fork()
    return { step, scope, differences: differences(step, arrival, scope, place) }
  }

  #answer(step: Step, arrival: Arrival): void {
    if (arrival.kind !== "request") return
    if (step.as !== undefined) this.#replies.set(step.as, arrival.reply)
    if (step.reply === undefined && step.replyRaw === undefined) return
    this.#options.listener.publish(arrival.reply, this.#text(step.reply, step.replyRaw))
  }

  #text(json: unknown, raw: string | undefined): string {
    if (raw !== undefined) return this.#scope.fill(raw)
    return json === undefined ? "" : JSON.stringify(this.#scope.fill(json))
  }

  async #quiet(ms: number, place: string): Promise<void> {
    if (this.#inbox.rest.length === 0) await sleep(ms)
    if (this.#inbox.rest.length > 0) throw new Mismatch([`${place}: expected nothing for ${ms} ms`])
  }
}

function differences(step: Step, arrival: Arrival, scope: Scope, place: string): string[] {
  if (step.request !== undefined && arrival.kind === "request") {
    const subject = compare(step.request, arrival.subject, scope, `${place} subject`)
    return subject.length > 0 ? subject : compareText(step.payload, step.raw, arrival.text, scope, place)
  }
  if (arrival.kind === "message" && (step.message !== undefined || step.raw !== undefined)) {
    if (arrival.binary) return [`${place}: got a binary frame`]
    return compareText(step.message, step.raw, arrival.text, scope, place)
  }
  if (step.upgrade && arrival.kind === "upgrade") return compareAnswer(step.upgrade, arrival, scope, place)
  if (step.response && arrival.kind === "response") return compareAnswer(step.response, arrival, scope, place)
  return [`${place}: expected ${JSON.stringify(step).slice(0, 300)}`]
}

function compareText(json: unknown, raw: string | undefined, text: string, scope: Scope, place: string): string[] {
  if (raw !== undefined) return compare(raw, text, scope, place)
  if (json === undefined) return text === "" ? [] : [`${place}: expected no payload`]
  try {
    return compare(json, JSON.parse(text), scope, place)
  } catch {
    return [`${place}: no JSON`]
  }
}

function compareAnswer(
  expected: ExpectedAnswer,
  arrival: { status: number; headers: object; text: string },
  scope: Scope,
  place: string,
): string[] {
  const headers = Object.fromEntries(Object.entries(arrival.headers).filter(([name]) => HEADERS.test(name)))
  return [
    ...compare(expected.status, arrival.status, scope, `${place} status`),
    ...compare(expected.headers ?? {}, headers, scope, `${place} headers`),
    ...compareText(
      expected.body,
      expected.body === undefined ? (expected.bodyText ?? "") : undefined,
      arrival.text,
      scope,
      `${place} body`,
    ),
  ]
}
