import { z } from "zod"
import { Basket } from "../../contract/basket.ts"
import { basketDigest, Digest, feedDigest } from "../../contract/digest.ts"
import { ShownEvent } from "../../contract/publish-event.ts"
import { baskets, digest, feed } from "../../contract/store.ts"
import { bearer, gatewayUrl } from "../doors.ts"
import { askJson } from "../requests.ts"
import type { Terminal } from "../terminal.ts"
import { type Check, type Finding, ok, problem } from "./finding.ts"

/** How often copies are read again that have changed while they were compared. */
const ATTEMPTS = 5

const advice = "reload the pages of the shop; restart the gateway if it stays, and report it with the service's log"

/** What a gateway shows of a shop, compared with the digests that the service makes of what should be shown. */
export function copiesCheck(shopId: string): Check {
  return {
    name: "copies",
    run: async (terminal) => {
      const read = await reader(terminal)
      // Read first, so that the service has them loaded and makes their digests.
      await read(feed.name({ shop_id: shopId }), z.unknown())
      await read(baskets.name({ shop_id: shopId }), z.unknown())
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const before = await read(digest.name({ shop_id: shopId }), Digest)
        const events = await read(feed.name({ shop_id: shopId }), z.array(ShownEvent))
        const shown = await read(baskets.name({ shop_id: shopId }), z.array(Basket))
        const after = await read(digest.name({ shop_id: shopId }), Digest)
        // A digest that is still the same covers all that was read in between, if nothing has happened since it was made.
        if (before.at === after.at && (events[0]?.seq ?? 0) <= after.seq) return compare(after, events, shown)
      }
      return [ok("the shop changes too fast to compare the copies; the pages compare theirs by themselves")]
    },
  }
}

function compare(service: Digest, events: readonly ShownEvent[], shown: readonly Basket[]): Finding[] {
  return [
    service.feed === null || service.feed === feedDigest(events, service.seq)
      ? ok(`the feed is as the service has it, up to #${service.seq}`)
      : problem("the gateway shows another feed than the service has", advice),
    sameBaskets(service.baskets, shown)
      ? ok(`the ${shown.length} open baskets are as the service has them`)
      : problem("the gateway shows other baskets than the service has", advice),
  ]
}

function sameBaskets(digests: Digest["baskets"], shown: readonly Basket[]): boolean {
  if (digests === null) return true
  return (
    digests.length === shown.length &&
    digests.every(([sessionId, made], i) => {
      const copy = shown[i]
      return copy?.session_id === sessionId && (made === null || made === basketDigest(copy))
    })
  )
}

async function reader(terminal: Terminal) {
  const gateway = await gatewayUrl(terminal)
  const headers = bearer(terminal, undefined)
  return async <T>(name: string, schema: z.ZodType<T>): Promise<T> =>
    schema.parse(await askJson(`${gateway}/api/${name.replaceAll(".", "/")}`, { headers, signal: terminal.signal }))
}
