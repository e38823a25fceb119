// Makes the pictures of README.md and the docs, in docs/images: `npm run screenshots`. They show the real product.
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { projectDir } from "../../config/project-dir.ts"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { Player } from "../../tools/demo/player.ts"
import { setDemoProfiles } from "../../tools/demo/profiles.ts"
import { buildPages, launchChromium, NO_CHROMIUM } from "../helpers/chromium.ts"
import { type Pages, startPages } from "../helpers/pages.ts"
import { Shop } from "./shop.ts"

const DESKTOP: BrowserContextOptions = { viewport: { width: 1120, height: 760 } }
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true }
/** Of the notices beside the launcher, which are not to stand in the way. */
const NOTICES_GONE_MS = 10_000

/** A shop is busy for this long, in ms, before its merchant's screen is taken: the chart is of whole minutes. */
const PLAYED_MS = 200_000
/** Events a minute meanwhile, and the seed of what they are. */
const RATE = 150
const SEED = 3

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

/** A shop that the demo has played in: the merchant's screen, light and dark, on a phone, and on a wall. */
async function merchant(browser: Browser, pages: Pages): Promise<void> {
  const player = new Player({ edgeUrl: pages.product.edgeUrl, seed: SEED, rate: RATE, token: undefined, say: () => {} })
  await setDemoProfiles(pages.gateway.url, undefined)
  const playing = player.play()
  const open = async (options: BrowserContextOptions, query = ""): Promise<Page> => {
    const context = await browser.newContext({ locale: "en-GB", deviceScaleFactor: 1.25, ...options })
    const page = await context.newPage()
    await page.goto(`${pages.merchantUrl(samplePublishEvent.shop_id)}${query}`)
    return page
  }
  const light = await open({ viewport: { width: 1280, height: 820 }, colorScheme: "light" })
  const dark = await open({ viewport: { width: 1280, height: 820 }, colorScheme: "dark" })
  const wall = await open({ viewport: { width: 1440, height: 810 }, colorScheme: "dark" }, "&view=wall")
  const phone = await open({ ...PHONE, viewport: { width: 390, height: 780 } })
  await sleep(PLAYED_MS)
  await player.stop()
  await playing
  const acknowledge = light.getByRole("button", { name: "Claim" })
  await acknowledge.first().click()
  await light.getByLabel(/Your name/).fill("Ann")
  await light.keyboard.press("Enter")
  await phone.getByRole("tab", { name: /Baskets/ }).tap()
  for (const [page, name] of [
    [light, "merchant"],
    [dark, "merchant-dark"],
    [phone, "merchant-phone"],
    [wall, "merchant-wall"],
  ] as const) {
    await page.mouse.click(0, 0)
    await page.locator(".acknowledged").getByText("Ann").waitFor()
    await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" })
  }
}

await buildPages()
mkdirSync(folder, { recursive: true })
const browser = await launchChromium()
if (browser === undefined) throw new Error(`there is no ${NO_CHROMIUM}`)
const pages = await startPages()
try {
  await storefront(browser, pages.product.edgeUrl)
  await merchant(browser, pages)
} finally {
  await browser.close()
  await pages.stop()
}
