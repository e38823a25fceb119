import { Producer, type ProducerAnswer, producerHeaders } from "../../contract/producer.ts"
import type { Exchange } from "./exchange.ts"
import { HttpProblem } from "./problem.ts"

const members = Object.keys(producerHeaders) as (keyof Producer)[]

/** Decimal digits, as a client writes an integer. Others stay text, and are refused. */
const INTEGER = /^(?:0|[1-9]\d{0,15})$/

/** Most missing sequences that a body lists one by one. */
const MAX_LISTED = 100

/**
 * The producer that a request names. Undefined: none.
 *
 * @throws {HttpProblem} 400: one of the headers is missing or wrong, or there is an `Idempotency-Key`, too
 */
export function producerOf(exchange: Exchange): Producer | undefined {
  const given = members.map((member) => [member, exchange.header(producerHeaders[member].toLowerCase())] as const)
  if (given.every(([, value]) => value === undefined)) return undefined
  if (exchange.header("idempotency-key") !== undefined) {
    throw new HttpProblem(400, "Only one of Idempotency-Key and the producer headers can be used", [
      { header: "Idempotency-Key", detail: "expected no key beside a producer" },
    ])
  }
  const values = given.map(([member, value = ""]) => [member, INTEGER.test(value) ? Number(value) : value])
  const parsed = Producer.safeParse(Object.fromEntries(values))
  if (parsed.success) return parsed.data
  const entries = parsed.error.issues.map(({ path, message }) => {
    const header = producerHeaders[path[0] as keyof Producer]
    return { header, detail: exchange.header(header.toLowerCase()) === undefined ? "is missing" : message }
  })
  throw new HttpProblem(400, "The producer headers cannot be used", entries)
}

/** Sets the headers of an answer to a producer. */
export function setProducerHeaders({ res }: Exchange, { repeated, missing }: ProducerAnswer): void {
  if (repeated) res.setHeader("Producer-Repeated", "true")
  if (missing.length === 0) return
  res.setHeader("Producer-Missing", missing.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(","))
}

/** The first missing sequences one by one, at most 100. */
export function listedMissing({ missing }: ProducerAnswer): number[] {
  const listed: number[] = []
  for (const [from, to] of missing) {
    for (let seq = from; seq <= to && listed.length < MAX_LISTED; seq++) listed.push(seq)
  }
  return listed
}
