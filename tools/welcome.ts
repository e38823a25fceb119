/** The sample event of the README and of every example, as text so that `3.50` stays as it is. */
export const SAMPLE_EVENT =
  '{"session_id":"4e29b2d3-7c8a-446e-a4e1-d8e2a51c0e94","shop_id":"123e4567-e89b-42d3-a456-426614174000",' +
  '"shopper_id":"ab29b2d3-7c8a-446e-a4e1-d8e2a51c0e94","action_id":101,"create_time":"2023-12-18T10:30:00.000Z",' +
  '"action":"ADD","product_name":"FUJI Apples","product_id":500100,"product_price":3.50,"UPC":"042100005264",' +
  '"category_id":"fruit","basket_total":12.18}'

/** The shop of the sample event. */
export const SAMPLE_SHOP = "123e4567-e89b-42d3-a456-426614174000"

/** What is printed when all is up: every door, and commands that work as they stand. URLs have no slash at the end. */
export function welcome(doors: {
  readonly edge: string
  readonly gateway: string
  readonly gatewayKind: string
  readonly nats: string
  readonly natsKind: string
  readonly seconds: number
}): string {
  const { edge, gateway, gatewayKind, nats, natsKind, seconds } = doors
  return `
shopwire is ready (${seconds.toFixed(1)} s).

  edge     ${edge}
  gateway  ${gateway}  (${gatewayKind})
  NATS     ${nats}  (${natsKind})

Publish an event, and read the shop's feed:

curl -X POST ${edge}/publish/${SAMPLE_SHOP} -H 'Content-Type: application/json' -d '${SAMPLE_EVENT}'
curl ${gateway}/api/store/${SAMPLE_SHOP}/feed

Ctrl-C stops everything.

`
}
