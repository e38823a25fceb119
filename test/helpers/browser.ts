import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { buildPages } from "./built-pages.ts"
import { launchChromium, NO_CHROMIUM } from "./chromium.ts"
import { skip } from "./skip.ts"
import { PATIENCE_MS } from "./until.ts"

let suites = 0
let launching: Promise<Browser | undefined> | undefined

export interface OpenOptions extends BrowserContextOptions {
  /** Runs in the page before its own scripts. */
  readonly initScript?: (() => void) | string
}

/** A page of a test: everything that the browser complains of on it must have been expected. */
export interface TestBrowser {
  /** Opens a page in a context of its own, which the end of the test closes. */
  open(url: string, options?: OpenOptions): Promise<Page>
  /** Lets this test go on in spite of errors on its pages' consoles that match, e.g. of connections that it cuts. */
  allow(error: RegExp): void
}

/**
 * To be called in a `describe`: builds the pages and starts Chromium before its tests, one for all suites of a file; without a
 * Chromium its tests are skipped. A test fails when a page of its had an error on its console.
 */
export function useBrowser(): TestBrowser {
  suites++
  let browser: Browser | undefined
  let errors: string[] = []
  let allowed: RegExp[] = []

  before(async function () {
    launching ??= launchChromium()
    browser = await launching
    if (browser === undefined) skip(this, NO_CHROMIUM)
    await buildPages()
  })

  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close()
    const unexpected = errors.filter((error) => !allowed.some((pattern) => pattern.test(error)))
    errors = []
    allowed = []
    if (unexpected.length > 0) throw new Error(`errors on the page's console:\n${unexpected.join("\n")}`)
  })

  after(async () => {
    suites--
    if (suites > 0) return
    const last = launching
    launching = undefined
    await (await last)?.close()
  })

  return {
    async open(url, { initScript, ...options } = {}) {
      if (browser === undefined) throw new Error("there is no browser")
      const context = await browser.newContext({ locale: "en-GB", ...options })
      if (initScript !== undefined) await context.addInitScript(initScript)
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      page.on("pageerror", (error) => errors.push(String(error.stack)))
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(`${message.text()} (${message.location().url})`)
      })
      await page.goto(url)
      return page
    },
    allow(error) {
      allowed.push(error)
    },
  }
}
