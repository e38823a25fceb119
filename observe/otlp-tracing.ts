// Loaded only by `openTracing`, so that a process without traces does not load OpenTelemetry.
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { isTraceparent } from "../contract/request-origin.ts"
import type { NewSpan, OpenSpan, Tracing } from "./tracing.ts"

/** Most time to send what is left, in ms. */
const STOP_TIMEOUT_MS = 1000

const kinds: Readonly<Record<NewSpan["kind"], SpanKind>> = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
}

/** Sends spans by OTLP over HTTP, as JSON. OpenTelemetry's environment variables say where to, which spans, and how many at a time. */
export class OtlpTracing implements Tracing {
  readonly #provider: BasicTracerProvider
  readonly #tracer: Tracer

  /** @param name of the service, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES has another */
  constructor(name: string) {
    const own = resourceFromAttributes({ "service.name": name })
    this.#provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(own)
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    })
    this.#tracer = this.#provider.getTracer("shopwire")
  }

  begin({ name, kind, parent }: NewSpan): OpenSpan {
    const span = this.#tracer.startSpan(name, { kind: kinds[kind] }, contextOf(parent))
    return {
      traceparent: traceparentOf(span),
      end: ({ name, attributes, failed = false } = {}) => {
        if (name !== undefined) span.updateName(name)
        if (attributes !== undefined) span.setAttributes(attributes)
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

  add({ name, kind, parent, from, to }: NewSpan & { readonly from: number; readonly to: number }): string {
    const span = this.#tracer.startSpan(name, { kind: kinds[kind], startTime: from }, contextOf(parent))
    span.end(to)
    return traceparentOf(span)
  }

  async stop(): Promise<void> {
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS).unref())
    await Promise.race([this.#provider.shutdown().catch(() => {}), timeout])
  }
}

function contextOf(parent: string | undefined): Context {
  if (parent === undefined || !isTraceparent(parent)) return ROOT_CONTEXT
  const [, traceId = "", spanId = "", flags = ""] = parent.split("-")
  const traceFlags = Number.parseInt(flags, 16)
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

/** Source: W3C Trace Context, "traceparent Header". */
function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`
}
