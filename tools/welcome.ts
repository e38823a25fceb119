import { samplePublishEvent } from "../service/schemas/publish-event.ts"

/** What is printed when all is up: every door, and commands that work as they stand. URLs have no slash at the end. */
export function welcome(doors: {
  readonly edge: string
  readonly gateway: string
  readonly gatewayKind: string
  readonly nats: string
  readonly natsKind: string
  readonly seconds: number
}): string {
  const { shop_id } = samplePublishEvent
  const { edge, gateway, gatewayKind, nats, natsKind, seconds } = doors
  return `
shopwire is ready (${seconds.toFixed(1)} s).

  merchant ${edge}/merchant/?shop=${shop_id}
  shop     ${edge}/storefront/  (a demo shop: open it twice to shop together)
  edge     ${edge}  (old storefronts: ${edge.replace("http", "ws")}/<sessionId>)
  gateway  ${gateway}  (${gatewayKind})
  NATS     ${nats}  (${natsKind})

Publish an event, and read the shop's feed:

curl -X POST ${edge}/publish/${shop_id} -H 'Content-Type: application/json' -d '${JSON.stringify(samplePublishEvent)}'
curl ${gateway}/api/store/${shop_id}/feed

Ctrl-C stops everything.

`
}
