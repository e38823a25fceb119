import { randomUUID } from "node:crypto"
import { createServer } from "node:http"
import { expect } from "chai"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { resClient } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"
import { useMongo } from "../helpers/use-archive.ts"

/** A span as OTLP has it, with the service that sent it. Source: OTLP 1.7, "JSON Protobuf Encoding". */
interface ReceivedSpan {
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

describe("traces of npm start", () => {
  const { mongo } = useMongo()
  const collector = use(async () => {
    const spans: ReceivedSpan[] = []
    const server = createServer(async (req, res) => {
      let body = ""
      for await (const chunk of req) body += chunk
      expect(req.url).to.equal("/v1/traces")
      for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
        const name = resource.attributes.find((each: { key: string }) => each.key === "service.name")
        for (const scope of scopeSpans)
          for (const span of scope.spans) spans.push({ service: name.value.stringValue, ...span })
      }
      res.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    const port = typeof address === "object" ? address?.port : undefined
    return {
      spans,
      url: `http://127.0.0.1:${port}`,
      stop: async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  })
  const kit = use(async () => {
    const made = await LauncherKit.create()
    return Object.assign(made, { stop: () => made.end() })
  })
  const shopId = randomUUID()

  before(() =>
    kit.ready(
      kit.start({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: "100",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
        MONGO_URL: mongo.url,
      }),
    ),
  )

  /** The spans of a trace, when all of a watched and archived event are there: each as `service: name`, below its parent. */
  async function treeOf(traceId: string): Promise<Record<string, string | undefined>> {
    const of = (): ReceivedSpan[] => collector.spans.filter((span) => span.traceId === traceId)
    await until("all spans of the event", () => of().length >= 6)
    const titles = new Map(of().map((span) => [span.spanId, `${span.service}: ${span.name}`]))
    return Object.fromEntries(
      of().map(({ spanId, parentSpanId = "" }) => [titles.get(spanId), titles.get(parentSpanId) ?? parentSpanId]),
    )
  }

  it("have one trace over edge, service and archiver, below the client's own span", async () => {
    const client = resClient(kit.gatewayUrl.replace("http", "ws"))
    const feed = await client.get<{ on(event: string, handler: () => void): void }>(`store.${shopId}.feed`)
    feed.on("add", () => {})
    const [traceId, parent] = [randomUUID().replaceAll("-", ""), "00f067aa0ba902b7"]
    const headers = { traceparent: `00-${traceId}-${parent}-01` }
    const answer = await post(`${kit.edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId }), headers)
    expect(answer.status).to.equal(200)
    expect(await treeOf(traceId)).to.deep.equal({
      "shopwire-edge: POST /publish/:shop_id": parent,
      "shopwire-service: call store.$shop_id.feed.publish": "shopwire-edge: POST /publish/:shop_id",
      "shopwire-service: append to the log": "shopwire-service: call store.$shop_id.feed.publish",
      "shopwire-service: project the feed": "shopwire-service: call store.$shop_id.feed.publish",
      "shopwire-service: event store.$shop_id.feed.add": "shopwire-service: project the feed",
      "shopwire-archiver: archive the event": "shopwire-service: call store.$shop_id.feed.publish",
    })
    for (const { startTimeUnixNano, endTimeUnixNano } of collector.spans)
      expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).to.equal(true)

    // A request without a trace begins one at the edge; one that its client does not record is not sent.
    await post(`${kit.edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId }))
    const unrecorded = randomUUID().replaceAll("-", "")
    const quiet = { traceparent: `00-${unrecorded}-${parent}-00` }
    await post(`${kit.edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId }), quiet)
    const roots = (): ReceivedSpan[] =>
      collector.spans.filter(({ name, parentSpanId }) => name === "POST /publish/:shop_id" && !parentSpanId)
    await until("a trace of its own", () => roots().length > 0)
    const tree = await treeOf(roots()[0]?.traceId ?? "")
    expect(tree["shopwire-edge: POST /publish/:shop_id"]).to.equal("")
    expect(roots()).to.have.length(1)
    expect(collector.spans.filter((span) => span.traceId === unrecorded)).to.deep.equal([])
    client.disconnect()
  })

  it("have nothing of people, shops and sessions", () => {
    expect(collector.spans).to.have.length.above(10)
    expect(JSON.stringify(collector.spans)).not.to.include(shopId)
  })
})
