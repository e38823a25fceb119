import { randomBytes } from "node:crypto"
import { LatestKeys } from "./latest-keys.ts"

/** The NATS header of an event, and of the answer to a get: a number, so that whoever follows the resource notices a lost event. */
export const EVENT_NUMBER = "Res-Event"

const EXCLUSIVE = ".x"
const PATTERN = /^([\w-]+)\.(\d+)(\.x)?$/

/** Most resources whose numbers are known. One that is forgotten begins again, which followers take for a lost event. */
const MAX_RESOURCES = 100_000

/** Which event of a resource it is. */
export interface EventNumber {
  /** Who counts: a service since its start. */
  readonly counter: string
  /** Only one process at a time sends the events of a resource, so an event of another counter means that this has changed. */
  readonly isExclusive: boolean
  /** Of the event, or of the last one before the answer to a get; 0: none yet. */
  readonly number: number
}

/** Numbers the events of each resource. RES itself has no numbers, and a link between two nats-servers may lose a message unnoticed. */
export class EventNumbers {
  readonly #counter = randomBytes(6).toString("base64url")
  readonly #isExclusive: boolean
  /** By resource name. */
  readonly #numbers = new LatestKeys<string, number>(MAX_RESOURCES)

  constructor(isExclusive: boolean) {
    this.#isExclusive = isExclusive
  }

  /** The header of the next event of a resource. */
  next(name: string): string {
    const number = (this.#numbers.get(name) ?? 0) + 1
    this.#numbers.set(name, number)
    return this.#header(number)
  }

  /** The header of the answer to a get. */
  last(name: string): string {
    return this.#header(this.#numbers.get(name) ?? 0)
  }

  #header(number: number): string {
    return `${this.#counter}.${number}${this.#isExclusive ? EXCLUSIVE : ""}`
  }
}

/** Undefined: the message has no number. */
export function readEventNumber(header: string | undefined): EventNumber | undefined {
  const [, counter = "", number, exclusive] = PATTERN.exec(header ?? "") ?? []
  return number === undefined ? undefined : { counter, number: Number(number), isExclusive: exclusive === EXCLUSIVE }
}
