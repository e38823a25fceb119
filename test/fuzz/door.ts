import type fc from "fast-check"
import type { NatsConnection } from "nats"

/** The product under attack. */
export interface Target {
  readonly edgeUrl: string
  readonly gatewayUrl: string
  readonly nats: NatsConnection
  /** With AUTH on. */
  readonly auth?: Tokens
  /** Ways in which something that the doors need can be away for a moment. */
  readonly outages: readonly Outage[]
  /** What has gone wrong inside so far: errors that were logged, processes that have died. */
  problems(): readonly string[] | Promise<readonly string[]>
}

/** Something that is away: the service, the issuer's keys. */
export interface Outage {
  readonly name: string
  begin(): Promise<void>
  /** Resolves when all is well again. */
  end(): Promise<void>
}

/** Who has which token, and what must not get out. */
export interface Tokens {
  /** The attacker's: a merchant's of the first side's shop. */
  readonly attacker: string
  /** A token that a stranger has signed, for both shops. */
  readonly forged: string
  /** Of the watchers: merchants of their side's shop. */
  readonly watchers: readonly [string, string]
  readonly admin: string
  /** A product's name that stands in the second side's shop only, and that the attacker does not know. */
  readonly secret: string
}

/** One way in. */
export interface Door<Input> {
  readonly name: string
  readonly inputs: fc.Arbitrary<Input>
  /** Inputs that once broke something. */
  readonly regressions: readonly Input[]
  /**
   * Sends some inputs; resolves when what came of them is known.
   *
   * @param duringOutage an answer may also be that something is away, or not come
   * @throws {Error} an answer that is a defect, or none at all
   */
  send(inputs: readonly Input[], duringOutage: boolean): Promise<void>
  close(): Promise<void>
}

/** Time for an answer, in ms; the product's own limits are below. */
export const ANSWER_MS = 15_000

/** @throws {Error} an answer has what the attacker may not see */
export function checkSecret(door: string, input: unknown, answer: string, auth: Tokens | undefined): void {
  if (auth !== undefined && answer.includes(auth.secret))
    throw defect(door, input, `showed the secret: ${answer.slice(0, 500)}`)
}

/** What has shown a defect, for the report. */
export function defect(door: string, input: unknown, what: string): Error {
  return new Error(`${door}: ${what}, given ${JSON.stringify(input)?.slice(0, 2000)}`)
}
