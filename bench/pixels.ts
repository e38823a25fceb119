// What people see of the merchant's page: from a POST to the pixels, whether it stutters at 1,000 events a minute and at ten times
// as many, and what a first load costs. The product in processes of its own, Chromium without a window.
// npm run bench -- pixels [seconds of each load]
import { randomUUID } from "node:crypto"
import { request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { gzipSync } from "node:zlib"
import type { Browser, Page } from "playwright-core"
import { buildPages } from "../test/helpers/built-pages.ts"
import { launchChromium, NO_CHROMIUM } from "../test/helpers/chromium.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { post } from "../test/helpers/http.ts"
import { startProcesses } from "./processes.ts"
import { report, summarize } from "./stats.ts"

const POSTS = 300
const WARM_POSTS = 30
/** Pause between two POSTs, by chance up to this long, in ms: they fall on no fixed place between two frames. */
const PAUSE_MS = 60

interface Seen {
  /** When the row was in the page, and when a frame with it had been drawn; ms since the epoch, by sequence. */
  readonly inPage: Record<string, number>
  readonly drawn: Record<string, number>
  readonly longTasksMs: number[]
}

declare global {
  interface Window {
    seen: Seen
  }
}

await main(Number(process.argv[2] ?? 30))

async function main(seconds: number): Promise<void> {
  await buildPages()
  const browser = await launchChromium()
  if (browser === undefined) throw new Error(`there is no ${NO_CHROMIUM}`)
  const product = await startProcesses()
  try {
    await firstLoad(browser, product.edgeUrl)
    await postToPixels(browser, product.edgeUrl)
    for (const perMinute of [1000, 10_000]) await longTasks(browser, product.edgeUrl, perMinute, seconds)
  } finally {
    await browser.close()
    await product.stop()
  }
}

async function open(browser: Browser, edgeUrl: string, shopId: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
  // tsx gives functions their names by a helper that a page does not have.
  await page.addInitScript("globalThis.__name = (target) => target")
  await page.addInitScript(watchPage)
  await page.goto(`${edgeUrl}/merchant/?shop=${shopId}`)
  await page.locator(".badge", { hasText: "Live" }).waitFor()
  return page
}

/** Runs in the page, before anything else does. */
function watchPage(): void {
  const now = () => performance.timeOrigin + performance.now()
  const seen: Seen = { inPage: {}, drawn: {}, longTasksMs: [] }
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
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longTasksMs.push(Math.round(duration))
  }).observe({ type: "longtask" })
}

async function postToPixels(browser: Browser, edgeUrl: string): Promise<void> {
  const shopId = randomUUID()
  const page = await open(browser, edgeUrl, shopId)
  const started = new Map<string, number>()
  for (let i = 0; i < POSTS + WARM_POSTS; i++) {
    const start = performance.timeOrigin + performance.now()
    const { headers } = await post(`${edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId }))
    const seq = headers.get("x-event-seq") ?? ""
    if (i >= WARM_POSTS) started.set(seq, start)
    await sleep(Math.random() * PAUSE_MS)
  }
  await sleep(500)
  const seen = await page.evaluate(() => window.seen)
  const since = (times: Record<string, number>) =>
    [...started].map(([seq, start]) => (times[seq] ?? Number.NaN) - start)
  report("POST to the row in the page, ms", summarize(since(seen.inPage)))
  report("POST to a drawn frame with the row, ms", summarize(since(seen.drawn)))
  await page.context().close()
}

/** Baskets of thirty shoppers, so that all parts of the page have work. */
async function longTasks(browser: Browser, edgeUrl: string, perMinute: number, seconds: number): Promise<void> {
  const shopId = randomUUID()
  const page = await open(browser, edgeUrl, shopId)
  const sessions = Array.from({ length: 30 }, () => randomUUID())
  const cpuSeconds = await cpuClock(page)
  const opening = await page.evaluate(() => window.seen.longTasksMs.splice(0))
  const [start, cpuBefore] = [performance.now(), await cpuSeconds()]
  let sent = 0
  while (performance.now() - start < seconds * 1000) {
    const due = Math.floor(((performance.now() - start) / 60_000) * perMinute)
    for (; sent < due; sent++) {
      const session_id = sessions[sent % sessions.length] ?? ""
      const fields = {
        shop_id: shopId,
        session_id,
        product_id: sent % 40,
        action: sent % 50 === 49 ? "CHECKOUT" : "ADD",
      }
      void post(`${edgeUrl}/publish/${shopId}`, publishEvent(fields))
    }
    await sleep(5)
  }
  await sleep(1000)
  const cpuMs = Math.round((await cpuSeconds()) * 1000 - cpuBefore * 1000)
  const during = await page.evaluate(() => window.seen.longTasksMs)
  const rows = await page.evaluate(() => document.querySelectorAll("article").length)
  const figures = (tasks: readonly number[]) => ({ count: tasks.length, longestMs: Math.max(0, ...tasks) })
  report(`long tasks (over 50 ms) at ${perMinute} events a minute`, {
    seconds,
    sent,
    whileLoading: figures(opening),
    ...figures(during),
    cpuMsPerSecond: Math.round(cpuMs / seconds),
    rowsDrawn: rows,
  })
  await page.context().close()
}

/** CPU seconds that the page's main thread has spent on tasks: the same however busy the machine is. */
async function cpuClock(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" })
  return async () => {
    const { metrics } = await devtools.send("Performance.getMetrics")
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN
  }
}

async function firstLoad(browser: Browser, edgeUrl: string): Promise<void> {
  const page = await open(browser, edgeUrl, randomUUID())
  const urls = await page.evaluate(() => [
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
  })
  await page.context().close()
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
