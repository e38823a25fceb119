// Makes the pictures of README.md and the docs, in docs/images: `npm run screenshots`. They show the real product.
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { projectDir } from "../../config/project-dir.ts"
import { buildPages, launchChromium, NO_CHROMIUM } from "../helpers/chromium.ts"
import { startProduct } from "../helpers/product.ts"
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

await buildPages()
mkdirSync(folder, { recursive: true })
const browser = await launchChromium()
if (browser === undefined) throw new Error(`there is no ${NO_CHROMIUM}`)
const product = await startProduct()
try {
  await storefront(browser, product.edgeUrl)
} finally {
  await browser.close()
  await product.stop()
}
