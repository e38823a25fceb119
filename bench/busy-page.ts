// What a busy shop costs the merchant's page: long tasks, frames, CPU and heap at 1,000 and 10,000 events a minute, and with a long history
// that is scrolled through. The product in processes of its own, Chromium without a window. Look at the heap after equal loads: it must
// not grow from one to the next.
// npm run bench -- busy-page [seconds of each load] [rows of history]
import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { connect, type NatsConnection } from "nats"
import { shopSubject } from "../contract/subjects.ts"
import { buildPages } from "../test/helpers/built-pages.ts"
import { launchChromium, NO_CHROMIUM } from "../test/helpers/chromium.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { fillLog } from "../test/helpers/fill-log.ts"
import { until } from "../test/helpers/until.ts"
import { startProcesses } from "./processes.ts"
import { MerchantPage } from "./shop/merchant-page.ts"
import { report, timed } from "./stats.ts"

/** Events a minute of the loads, one after the other. */
const LOADS = [1000, 10_000, 10_000]
const SHOPPERS = 300
/** Events of a shopper; the last one is the checkout. */
const VISIT = 8
const TICK_MS = 5
/** How far the list is scrolled in each frame, in px. */
const SCROLLED = 600
const HISTORY_DEADLINE_MS = 10 * 60_000

await main(Number(process.argv[2] ?? 60), Number(process.argv[3] ?? 100_000))

async function main(seconds: number, rows: number): Promise<void> {
  await buildPages()
  const browser = await launchChromium()
  if (browser === undefined) throw new Error(`there is no ${NO_CHROMIUM}`)
  const product = await startProcesses()
  const nats = await connect({ servers: product.natsUrl })
  try {
    const shop_id = randomUUID()
    await fillLog(nats, publishEvent({ shop_id }), rows)
    const merchant = await MerchantPage.open(browser, product.edgeUrl, shop_id)
    report("heap of the opened page", { heapMiB: await merchant.heapMiB() })
    for (const perMinute of LOADS) await measureLoad(merchant, nats, shop_id, perMinute, seconds)
    await measureHistory(merchant, rows, seconds)
    // Somebody reads in the middle of the history meanwhile.
    await measureLoad(merchant, nats, shop_id, Math.max(...LOADS), seconds)
  } finally {
    await nats.close()
    await browser.close()
    await product.stop()
  }
}

async function measureLoad(
  merchant: MerchantPage,
  nats: NatsConnection,
  shop_id: string,
  perMinute: number,
  seconds: number,
): Promise<void> {
  const heapBefore = await merchant.heapMiB()
  const shoppers = Array.from({ length: SHOPPERS }, () => ({ shopper_id: randomUUID(), session_id: randomUUID() }))
  const send = (i: number) => {
    const fields = {
      shop_id,
      ...shoppers[Math.floor(i / VISIT) % SHOPPERS],
      action: i % VISIT === VISIT - 1 ? "CHECKOUT" : "ADD",
      product_id: i % 40,
      product_name: `Product ${i % 40}`,
    }
    nats.publish(shopSubject(shop_id), JSON.stringify(publishEvent(fields)))
  }
  let sent = 0
  const work = await merchant.during(async () => {
    const start = performance.now()
    for (let passedMs = 0; passedMs < seconds * 1000; passedMs = performance.now() - start) {
      for (const due = (passedMs / 60_000) * perMinute; sent < due; sent++) send(sent)
      await sleep(TICK_MS)
    }
  })
  const heapMiB = { before: heapBefore, after: await merchant.heapMiB() }
  report("load", { perMinute, sent, ...work, heapMiB })
}

/** Scrolls to the end of the history, which loads it, then up again as fast as the page draws, for so many seconds at most. */
async function measureHistory(merchant: MerchantPage, rows: number, seconds: number): Promise<void> {
  const heapBefore = await merchant.heapMiB()
  const loadMs = await timed(() =>
    until(
      `${rows} rows to be loaded`,
      async () => {
        const position = await merchant.scrollToEnd()
        return position >= rows
      },
      HISTORY_DEADLINE_MS,
    ),
  )
  const work = await merchant.during(() => merchant.scrollUp(SCROLLED, seconds * 1000))
  const heapMiB = { before: heapBefore, after: await merchant.heapMiB() }
  report("history scrolled", { rows, loadSeconds: Math.round(loadMs / 1000), ...work, heapMiB })
}
