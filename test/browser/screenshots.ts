// Makes the pictures of README.md and the docs, in docs/images: `npm run screenshots`. The storefront's show the real product, the
// merchant's the same moment as those of `screens/`: sales of two weeks.
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { projectDir } from "../../config/project-dir.ts"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { buildPages } from "../helpers/built-pages.ts"
import { launchChromium, NO_CHROMIUM } from "../helpers/chromium.ts"
import { startPages } from "../helpers/pages.ts"
import { NOW } from "./screens/played-log.ts"
import { startStage } from "./screens/stage.ts"
import { Shop } from "./shop.ts"

const DESKTOP: BrowserContextOptions = { viewport: { width: 1120, height: 760 } }
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true }
/** Of the notices beside the launcher, which are not to stand in the way. */
const NOTICES_GONE_MS = 10_000

const folder = join(projectDir, "docs/images")

async function save(page: Page, name: string): Promise<void> {
  await page.locator("buddy-shopping .notice p").first().waitFor({ state: "hidden", timeout: NOTICES_GONE_MS })
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" })
}

/** Two friends in the demo shop: the host's screen, and the guest's phone in the dark. */
async function storefront(browser: Browser, edgeUrl: string): Promise<void> {
  const open = async (url: string, options: BrowserContextOptions): Promise<Shop> => {
    const context = await browser.newContext({ locale: "en-GB", deviceScaleFactor: 2, ...options })
    const page = await context.newPage()
    await page.goto(url)
    return new Shop(page)
  }
  const ann = await open(`${edgeUrl}/storefront/`, DESKTOP)
  for (const product of ["FUJI Apples", "Rye Bread", "Rye Bread"]) await ann.add(product)
  await ann.enter("Ann", "Start shopping together")
  const bob = await open(await ann.inviteUrl(), { ...PHONE, colorScheme: "dark" })
  await bob.enter("Bob", "Join your friend")
  for (const product of ["Mountain Cheese", "Elderflower Fizz"]) await bob.add(product)
  await ann.member("Bob").getByText("Elderflower Fizz").waitFor()
  await save(ann.page, "storefront")
  await bob.ready.click()
  await ann.shows("Ann* Bob+")
  await ann.ready.click()
  await bob.shows("Ann*+ Bob+")
  await save(bob.page, "storefront-phone")
}

/** A shop of the stage at its moment: the merchant's screen, light and dark, on a phone, and on a wall. */
async function merchant(browser: Browser, url: string): Promise<void> {
  const screen = { viewport: { width: 1280, height: 820 } }
  const wall = { viewport: { width: 1440, height: 810 }, colorScheme: "dark" } as const
  for (const [name, options, query] of [
    ["merchant", screen, "&lane=orders"],
    ["merchant-dark", { ...screen, colorScheme: "dark" }, "&lane=orders&period=7"],
    ["merchant-phone", { ...PHONE, viewport: { width: 390, height: 780 } }, "&lane=orders"],
    ["merchant-wall", wall, "&view=wall"],
  ] as const) {
    const context = await browser.newContext({
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      deviceScaleFactor: 1.25,
      ...options,
    })
    await context.clock.setFixedTime(NOW)
    const page = await context.newPage()
    await page.goto(`${url}?shop=${samplePublishEvent.shop_id}${query}`)
    if (name === "merchant-phone") await page.getByRole("tab", { name: /Baskets/ }).tap()
    await page.locator(".acknowledged").first().waitFor()
    if (name === "merchant" || name === "merchant-dark") await page.locator(".top li").first().waitFor()
    await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" })
  }
}

await buildPages()
mkdirSync(folder, { recursive: true })
const browser = await launchChromium()
if (browser === undefined) throw new Error(`there is no ${NO_CHROMIUM}`)
const [pages, stage] = await Promise.all([startPages(), startStage()])
try {
  await storefront(browser, pages.product.edgeUrl)
  await merchant(browser, stage.url)
} finally {
  await browser.close()
  await stage.stop()
  await pages.stop()
}
