import type { ServiceObserver } from "res-service"
import { originHeaders } from "../contract/request-origin.ts"
import { occurrences } from "./occurrences.ts"

/** A piece of work that begins now. */
export interface NewSpan {
  readonly name: string
  readonly kind: "server" | "producer" | "consumer"
  /** The `traceparent` of the work that it belongs to; undefined, or an invalid one: it begins a trace. */
  readonly parent: string | undefined
}

/** How a piece of work ended. */
export interface SpanEnd {
  /** Replaces the name, if more is known now. */
  readonly name?: string
  /** Nothing of people, shops and sessions. */
  readonly attributes?: Readonly<Record<string, string | number>>
  readonly failed?: boolean
}

export interface OpenSpan {
  /** For work that belongs to it. */
  readonly traceparent: string
  end(end?: SpanEnd): void
}

/** Makes spans and sends them to a collector. */
export interface Tracing {
  begin(span: NewSpan): OpenSpan
  /** Work that is over; times in ms since the epoch. Returns its `traceparent`. */
  add(span: NewSpan & { readonly from: number; readonly to: number }): string
  /** Sends what is left, within a second. */
  stop(): Promise<void>
}

/** One of these turns tracing on. Source: OpenTelemetry, "Environment Variable Specification". */
const ENDPOINTS = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]

/**
 * Traces this process if the environment names a collector. Otherwise it is undefined, and nothing of OpenTelemetry is loaded.
 *
 * @param process the kind of process, such as `edge`: the service's name is `shopwire-edge` unless OTEL_SERVICE_NAME has another
 */
export async function openTracing(process: string, env: NodeJS.ProcessEnv): Promise<Tracing | undefined> {
  const isOff = env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || env.OTEL_TRACES_EXPORTER === "none"
  if (isOff || ENDPOINTS.every((name) => !env[name])) return undefined
  const { OtlpTracing } = await import("./otlp-tracing.ts")
  return new OtlpTracing(`shopwire-${process}`)
}

/** Traces each RES request of a service; what its handler stores belongs to its span. */
export function resRequestTraces(tracing: Tracing): ServiceObserver {
  return {
    onRequest: ({ type, pattern = "other", method, natsHeader }) => {
      const name = `${type} ${pattern}${method === undefined ? "" : `.${method}`}`
      const span = tracing.begin({ name, kind: "server", parent: natsHeader(originHeaders.trace) })
      return {
        headers: { [originHeaders.trace]: span.traceparent },
        end: (code) =>
          span.end({
            attributes: { "rpc.system": "res", "rpc.response.code": code ?? "ok" },
            failed: code === "system.internalError" || code === "system.serviceUnavailable",
          }),
      }
    },
  }
}

/** Traces what becomes of an event: stored, shown, archived. Events without a trace are left out. */
export function traceEvents(tracing: Tracing): void {
  occurrences.stored.on(({ trace: parent, from, to }) => {
    if (parent !== undefined) tracing.add({ name: "append to the log", kind: "producer", parent, from, to })
  })
  occurrences.shown.on(({ trace: parent, from, sentFrom, to }) => {
    if (parent === undefined) return
    const projection = tracing.add({ name: "project the feed", kind: "consumer", parent, from, to })
    tracing.add({ name: "event store.$shop_id.feed.add", kind: "producer", parent: projection, from: sentFrom, to })
  })
  occurrences.archived.on(({ trace: parent, from, to }) => {
    if (parent !== undefined) tracing.add({ name: "archive the event", kind: "consumer", parent, from, to })
  })
}
