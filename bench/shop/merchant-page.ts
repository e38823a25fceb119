import type { Browser, CDPSession, Page } from "playwright-core"
import { summarize } from "../stats.ts"

declare global {
  interface Window {
    work: { longTasksMs: number[]; framesMs: number[]; countsFrames: boolean }
  }
}

/** What the page's main thread did in a time. */
export interface Work {
  readonly seconds: number
  /** Over 50 ms. */
  readonly longTasks: { readonly count: number; readonly longestMs: number; readonly sumMs: number }
  /** Times between two frames. */
  readonly frameMs: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number }
  /** CPU time of its tasks: nearly the same however busy the machine is. */
  readonly cpuMsPerSecond: number
}

/** The merchant's page of a shop, in Chromium on a desktop's screen. */
export class MerchantPage {
  readonly page: Page
  readonly #devtools: CDPSession

  private constructor(page: Page, devtools: CDPSession) {
    this.page = page
    this.#devtools = devtools
  }

  /** Opens it in a context of its own, and waits until it is live. @param prepare runs before the page's scripts */
  static async open(browser: Browser, edgeUrl: string, shopId: string, prepare = () => {}): Promise<MerchantPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    // tsx gives functions their names by a helper that a page does not have.
    await page.addInitScript("globalThis.__name = (target) => target")
    await page.addInitScript(watchWork)
    await page.addInitScript(prepare)
    const devtools = await context.newCDPSession(page)
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" })
    await page.goto(`${edgeUrl}/merchant/?shop=${shopId}`)
    await page.locator(".badge", { hasText: "Live" }).waitFor()
    return new MerchantPage(page, devtools)
  }

  /** The long tasks since the page was opened, or since the last look, in ms. */
  async takeLongTasks(): Promise<readonly number[]> {
    return await this.page.evaluate(() => window.work.longTasksMs.splice(0))
  }

  /** Measures the page while a task runs. */
  async during(task: () => Promise<unknown>): Promise<Work> {
    await this.takeLongTasks()
    await this.page.evaluate(countFrames)
    const [start, cpuBefore] = [performance.now(), await this.#metric("TaskDuration")]
    await task()
    const [seconds, cpuAfter] = [(performance.now() - start) / 1000, await this.#metric("TaskDuration")]
    const framesMs = await this.page.evaluate(() => {
      window.work.countsFrames = false
      return window.work.framesMs.splice(0)
    })
    return {
      seconds: Math.round(seconds),
      longTasks: longTasksOf(await this.takeLongTasks()),
      frameMs: summarize(framesMs),
      cpuMsPerSecond: Math.round(((cpuAfter - cpuBefore) * 1000) / seconds),
    }
  }

  /** The size of what is in use on the page's heap, in MiB, after its garbage was collected. */
  async heapMiB(): Promise<number> {
    await this.#devtools.send("HeapProfiler.collectGarbage")
    return Math.round(((await this.#metric("JSHeapUsedSize")) / 2 ** 20) * 10) / 10
  }

  /** Scrolls to the end of the list, which loads older rows. Returns the position of the last row that is drawn. */
  async scrollToEnd(): Promise<number> {
    return await this.page.evaluate(() => {
      const list = document.querySelector(".scroller")
      list?.scrollTo({ top: list.scrollHeight })
      return Math.max(0, ...[...document.querySelectorAll("article")].map((row) => Number(row.ariaPosInSet)))
    })
  }

  /** Scrolls up by so many px in each frame, to half of the list, for so many ms at most. */
  async scrollUp(step: number, mostMs: number): Promise<void> {
    await this.page.evaluate(
      ({ step, mostMs }) =>
        new Promise<void>((resolve) => {
          const list = document.querySelector(".scroller")
          if (list === null) throw new Error("there is no list")
          const [start, half] = [performance.now(), list.scrollTop / 2]
          const scroll = () => {
            list.scrollTop -= step
            if (performance.now() - start > mostMs || list.scrollTop < half) resolve()
            else requestAnimationFrame(scroll)
          }
          scroll()
        }),
      { step, mostMs },
    )
  }

  async close(): Promise<void> {
    await this.page.context().close()
  }

  async #metric(wanted: string): Promise<number> {
    const { metrics } = await this.#devtools.send("Performance.getMetrics")
    return metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN
  }
}

/** Long tasks in numbers. */
export function longTasksOf(tasksMs: readonly number[]): Work["longTasks"] {
  return {
    count: tasksMs.length,
    longestMs: Math.max(0, ...tasksMs),
    sumMs: tasksMs.reduce((sum, ms) => sum + ms, 0),
  }
}

/** Runs in the page, before anything else does. */
function watchWork(): void {
  window.work = { longTasksMs: [], framesMs: [], countsFrames: false }
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.work.longTasksMs.push(Math.round(duration))
  }).observe({ type: "longtask" })
}

/** Runs in the page. Without it, a page in which nothing moves draws no frames. */
function countFrames(): void {
  const { work } = window
  work.countsFrames = true
  let last = performance.now()
  const onFrame = (at: number) => {
    if (!work.countsFrames) return
    work.framesMs.push(at - last)
    last = at
    requestAnimationFrame(onFrame)
  }
  requestAnimationFrame(onFrame)
}
