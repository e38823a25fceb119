import type { Load } from "../load/plan.ts"
import { COUNTED, type SystemName } from "../references/systems.ts"

/** A load, and the systems that get it. */
export interface PublishFigure extends Load {
  /** The name of its figures. */
  readonly name: string
  readonly systems: readonly SystemName[]
}

const ONE_EVENT: Readonly<Record<number, readonly SystemName[]>> = {
  1: ["shopwire", "bare path"],
  16: ["shopwire", "bare path", "Express", "FastAPI", "FastAPI, uvloop", "JetStream from Node", "bare node:http"],
  64: ["shopwire", COUNTED, "bare path", "Express", "FastAPI"],
  256: ["shopwire", "bare path", "JetStream from Node"],
}

/** What `npm run bench -- publish` measures. */
export const publishFigures: readonly PublishFigure[] = [
  ...Object.entries(ONE_EVENT).map(([connections, systems]) => oneEvent(Number(connections), systems)),
  ...[16, 64].flatMap((connections) => [keyed(connections), numbered(connections)]),
  array(100, 8),
  array(1000, 4),
]

function oneEvent(connections: number, systems: readonly SystemName[]): PublishFigure {
  return { name: postName(connections), connections, events: 1, systems }
}

function keyed(connections: number): PublishFigure {
  return { name: keyedName(connections), connections, events: 1, repeatable: "key", systems: ["shopwire"] }
}

function numbered(connections: number): PublishFigure {
  return { name: numberedName(connections), connections, events: 1, repeatable: "producer", systems: ["shopwire"] }
}

function array(events: number, connections: number): PublishFigure {
  return { name: arrayName(events), connections, events, systems: ["shopwire", "JetStream from Node"] }
}

/** Of POSTs of one event. */
export function postName(connections: number): string {
  return `POST, ${connections} at a time`
}

/** The same, each with an `Idempotency-Key`. */
export function keyedName(connections: number): string {
  return `${postName(connections)}, Idempotency-Key`
}

/** The same, with a producer for each connection, which numbers its requests. */
export function numberedName(connections: number): string {
  return `${postName(connections)}, Producer-Seq`
}

/** Of POSTs of arrays. */
export function arrayName(events: number): string {
  return `POST of ${events} events`
}
