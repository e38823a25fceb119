import { samplePublishEvent } from "../../contract/publish-event.ts"
import { FRIENDS_SESSION } from "../demo/friends.ts"

/** The text printed when everything is ready: all addresses, and commands to copy. URLs have no slash at the end. */
export function welcome(doors: {
  readonly edge: string
  readonly gateway: string
  readonly gatewayKind: string
  readonly nats: string
  readonly natsKind: string
  /** Whether events are archived. */
  readonly archive: boolean
  /** The processes that show metrics, and their ports; undefined: none is set. */
  readonly metrics: readonly { readonly name: string; readonly port: number | undefined }[]
  readonly metricsHost: string
  readonly seconds: number
  /** The running demo, if there is one. */
  readonly demo: { readonly seed: number; readonly rate: number } | undefined
}): string {
  const { shop_id } = samplePublishEvent
  const { edge, gateway, gatewayKind, nats, natsKind, archive, metrics, metricsHost, seconds, demo } = doors
  const [first, ...others] = metrics.filter(({ port }) => port !== undefined)
  const ports = others.map(({ name, port }) => `${name} ${port}`).join(", ")
  const playing =
    demo === undefined
      ? ""
      : `
The demo plays in this shop and two more (seed ${demo.seed}, ${demo.rate} events a minute); two friends shop together in session ${FRIENDS_SESSION}.
`
  return `
shopwire is ready (${seconds.toFixed(1)} s).

  merchant ${edge}/merchant/?shop=${shop_id}
  shop     ${edge}/storefront/  (a demo shop: open it twice to shop together)
  edge     ${edge}  (old storefronts: ${edge.replace("http", "ws")}/<sessionId>)
  gateway  ${gateway}  (${gatewayKind})
  NATS     ${nats}  (${natsKind})
${archive ? `  archive  the MongoDB of MONGO_URL  (how far behind: ${gateway}/api/shopwire/archive)\n` : ""}${first ? `  metrics  http://${metricsHost}:${first.port}/metrics  (of the ${first.name}; ${ports})\n` : ""}${playing}
Publish an event, and read the shop's feed:

curl -X POST ${edge}/publish/${shop_id} -H 'Content-Type: application/json' -d '${JSON.stringify(samplePublishEvent)}'
curl ${gateway}/api/store/${shop_id}/feed

Ctrl-C stops everything.

`
}
