import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** What a gateway does in one situation, as recorded: see README.md. */
export interface VectorCase {
  /** `<area>/<name>`. */
  readonly id: string
  readonly area: string
  /** The fact, in a sentence. */
  readonly shows: string
  /** A key of configs.json. */
  readonly config: string
  readonly steps: readonly Step[]
  readonly vars: Readonly<Record<string, string>>
  /** NATS subjects to which the service listens. */
  readonly listen: readonly string[]
}

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly rawBody?: string
}

export interface ExpectedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly bodyText?: string
}

export interface ConnectOptions {
  readonly protocol?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
  readonly compression?: boolean
  readonly manual?: boolean
}

/** One step; which members it has tells what it is. */
export interface Step {
  readonly from?: string
  readonly to?: string
  readonly unordered?: readonly Step[]
  readonly repeat?: number
  readonly steps?: readonly Step[]
  readonly quiet?: number
  readonly wait?: number
  readonly connect?: ConnectOptions
  readonly close?: boolean
  readonly message?: unknown
  readonly raw?: string
  readonly binary?: boolean
  readonly http?: HttpRequest
  readonly publish?: string
  readonly replyTo?: string
  readonly payload?: unknown
  readonly request?: string
  readonly as?: string
  readonly reply?: unknown
  readonly replyRaw?: string
  readonly upgrade?: ExpectedAnswer
  readonly response?: ExpectedAnswer
}

/**
 * Cases in which the embedded gateway is not like Resgate on purpose, and why. They are all marked `incidental`: not the
 * protocol but a defect.
 */
export const deviations: ReadonlyMap<string, string> = new Map([
  [
    "indirect/let-go-then-changed-while-parent-loads",
    "Resgate leaves the client with old values; here the child comes as it is now",
  ],
  [
    "indirect/changed-then-let-go-while-parent-loads",
    "Resgate sends the child as it was when first loaded; here it comes as it is now",
  ],
])

/** To which a service listens unless the case says otherwise. */
export const defaultListen: readonly string[] = ["access.>", "get.>", "call.>", "auth.>"]

const CASES = new URL("./cases/", import.meta.url).pathname
const CONFIGS = new URL("./configs.json", import.meta.url)

export function loadCases(folder = CASES): VectorCase[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"))
  return files.sort().map((file) => {
    const spec = JSON.parse(readFileSync(join(folder, file), "utf8")) as VectorCase
    return { ...spec, id: file.replace(/\.json$/, ""), vars: spec.vars ?? {}, listen: spec.listen ?? defaultListen }
  })
}

/** The gateway's settings by the name of the configuration, as in Resgate's configuration file. */
export function loadConfigs(): Map<string, Record<string, unknown>> {
  const configs = JSON.parse(readFileSync(CONFIGS, "utf8")) as Record<string, { settings: Record<string, unknown> }>
  return new Map(Object.entries(configs).map(([name, { settings }]) => [name, settings]))
}

/** All steps, those inside of groups instead of the groups. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => {
    const inner = step.unordered ?? step.steps
    return inner ? allSteps(inner) : [step]
  })
}
