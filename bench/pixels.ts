// What people see of the merchant's page: from a POST to the pixels, and what a first load costs. The product in processes of its own,
// Chromium without a window.
// npm run bench -- pixels
import { randomUUID } from "node:crypto"
import { request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { gzipSync } from "node:zlib"
import type { Browser } from "playwright-core"
import { buildPages } from "../test/helpers/built-pages.ts"
import { launchChromium, NO_CHROMIUM } from "../test/helpers/chromium.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { post } from "../test/helpers/http.ts"
import { startProcesses } from "./processes.ts"
import { longTasksOf, MerchantPage } from "./shop/merchant-page.ts"
import { report, summarize } from "./stats.ts"

const POSTS = 300
const WARM_POSTS = 30
/** Pause between two POSTs, by chance up to this long, in ms: they fall on no fixed place between two frames. */
const PAUSE_MS = 60

interface Seen {
  /** When the row was in the page, and when a frame with it had been drawn; ms since the epoch, by sequence. */
  readonly inPage: Record<string, number>
  readonly drawn: Record<string, number>
}

declare global {
  interface Window {
    seen: Seen
  }
}

await main()

async function main(): Promise<void> {
  await buildPages()
  const browser = await launchChromium()
  if (browser === undefined) throw new Error(`there is no ${NO_CHROMIUM}`)
  const product = await startProcesses()
  try {
    await firstLoad(browser, product.edgeUrl)
    await postToPixels(browser, product.edgeUrl)
  } finally {
    await browser.close()
    await product.stop()
  }
}

/** Runs in the page, before anything else does. */
function watchRows(): void {
  const now = () => performance.timeOrigin + performance.now()
  const seen: Seen = { inPage: {}, drawn: {} }
  window.seen = seen
  new MutationObserver(() => {
    // Newest first: from the top down to the first one that is known.
    for (const row of document.querySelectorAll<HTMLElement>("article")) {
      const seq = row.dataset.seq ?? ""
      if (seq in seen.inPage) continue
      seen.inPage[seq] = now()
      // A message that is sent in a frame comes after that frame was drawn.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => {
          seen.drawn[seq] = now()
        }
        port2.postMessage("")
      })
    }
  }).observe(document, { childList: true, subtree: true })
}

async function postToPixels(browser: Browser, edgeUrl: string): Promise<void> {
  const shopId = randomUUID()
  const merchant = await MerchantPage.open(browser, edgeUrl, shopId, watchRows)
  const started = new Map<string, number>()
  for (let i = 0; i < POSTS + WARM_POSTS; i++) {
    const start = performance.timeOrigin + performance.now()
    const { headers } = await post(`${edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId }))
    const seq = headers.get("x-event-seq") ?? ""
    if (i >= WARM_POSTS) started.set(seq, start)
    await sleep(Math.random() * PAUSE_MS)
  }
  await sleep(500)
  const seen = await merchant.page.evaluate(() => window.seen)
  const since = (times: Record<string, number>) =>
    [...started].map(([seq, start]) => (times[seq] ?? Number.NaN) - start)
  report("POST to the row in the page, ms", summarize(since(seen.inPage)))
  report("POST to a drawn frame with the row, ms", summarize(since(seen.drawn)))
  await merchant.close()
}

async function firstLoad(browser: Browser, edgeUrl: string): Promise<void> {
  const merchant = await MerchantPage.open(browser, edgeUrl, randomUUID())
  const urls = await merchant.page.evaluate(() => [
    location.href,
    ...performance.getEntriesByType("resource").map(({ name }) => name),
  ])
  const http = urls.filter((url) => url.startsWith("http"))
  const sum = async (encoding: string) => {
    const sizes = await Promise.all(http.map((url) => bytesOf(url, encoding)))
    return Math.round(sizes.reduce((a, b) => a + b) / 100) / 10
  }
  report("first load, kB", {
    files: http.length,
    gzip: await sum("gzip"),
    brotli: await sum("br"),
    plain: await sum(""),
    longTasks: longTasksOf(await merchant.takeLongTasks()),
  })
  await merchant.close()
}

/** The size of an answer's body as it is sent, compressed where the server does, else as gzip would make it. */
function bytesOf(url: string, encoding: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { "accept-encoding": encoding } }, (res) => {
      const chunks: Buffer[] = []
      res.on("data", (chunk: Buffer) => chunks.push(chunk))
      res.on("end", () => {
        const body = Buffer.concat(chunks)
        const small = encoding !== "" && res.headers["content-encoding"] === undefined
        resolve(small ? gzipSync(body).length : body.length)
      })
    })
      .on("error", reject)
      .end()
  })
}
