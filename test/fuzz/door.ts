import type fc from "fast-check"
import type { NatsConnection } from "nats"

/** The product under attack. */
export interface Target {
  readonly edgeUrl: string
  readonly gatewayUrl: string
  readonly nats: NatsConnection
  /** What has gone wrong inside so far: errors that were logged, processes that have died. */
  problems(): readonly string[] | Promise<readonly string[]>
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
   * @throws {Error} an answer that is a defect, or none at all
   */
  send(inputs: readonly Input[]): Promise<void>
  close(): Promise<void>
}

/** Time for an answer, in ms; the product's own limits are below. */
export const ANSWER_MS = 15_000

/** A door that is open only to those who have a defect to show. */
export function defect(door: string, input: unknown, what: string): Error {
  return new Error(`${door}: ${what}, given ${JSON.stringify(input)?.slice(0, 2000)}`)
}
