import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { axeViolations } from "./axe.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"

/** Records notifications and sounds. */
const WITNESS = `
  globalThis.notifications = []
  globalThis.sounds = 0
  globalThis.Notification = class {
    static permission = "default"
    static async requestPermission() { return (this.permission = "granted") }
    constructor(text) { this.text = text; globalThis.notifications.push(this) }
    close() {}
  }
  globalThis.AudioContext = class extends AudioContext { constructor() { super(); globalThis.sounds++ } }`

type Witness = {
  readonly notifications: readonly { readonly text: string; onclick(): void }[]
  readonly sounds: number
}

describe("alerts on the merchant's page", () => {
  const browser = useBrowser()
  const pages = usePages()

  const open = (shopId: string) =>
    MerchantPage.open(browser, pages.merchantUrl(shopId), {
      initScript: WITNESS,
      viewport: { width: 1280, height: 900 },
    })
  const publish = (events: readonly PublishEvent[]) => publishAll(pages.product.edgeUrl, events)
  const alerts = ({ page }: MerchantPage) => page.getByRole("region", { name: "Alerts", exact: true })
  const texts = (merchant: MerchantPage) =>
    merchant.page.evaluate(() => (globalThis as unknown as Witness).notifications.map(({ text }) => text))

  async function setProfile(shopId: string, profile: object): Promise<void> {
    const { status } = await post(`${pages.gateway.url}/api/store/${shopId}/profile/set`, profile)
    expect(status).to.equal(200)
  }

  it("tell of an abandoned basket, by a sound and a notification that opens it, and keep it in the history", async () => {
    const [shopId, session_id] = [randomUUID(), randomUUID()]
    await setProfile(shopId, { abandoned_after_s: 3 })
    const merchant = await open(shopId)
    const { page } = merchant
    await page.getByRole("button", { name: "Alerts" }).click()
    await page.getByLabel("Abandoned basket of at least").fill("5")
    await page.getByRole("switch", { name: "Play a sound" }).check()
    await page.getByRole("switch", { name: "Show a browser notification" }).check()
    await page.getByText("No alerts yet.").waitFor()
    expect(await axeViolations(page)).to.deep.equal([])
    await page.keyboard.press("Escape")
    await publish([
      publishEvent({ shop_id: shopId, session_id: randomUUID(), product_price: 4 }),
      publishEvent({ shop_id: shopId, session_id, product_price: 7.5 }),
    ])
    await alerts(merchant).getByText("Abandoned basket of 7.50").waitFor()
    expect(await texts(merchant)).to.deep.equal(["Abandoned basket of 7.50"])
    expect(await page.evaluate(() => (globalThis as unknown as Witness).sounds)).to.equal(1)
    await page.evaluate(() => (globalThis as unknown as Witness).notifications[0]?.onclick())
    const dialog = merchant.details(session_id.slice(0, 8))
    await dialog.getByText("Abandoned", { exact: true }).waitFor()
    await page.keyboard.press("Escape")
    await dialog.waitFor({ state: "detached" })

    await page.reload()
    await page.getByRole("button", { name: "Alerts" }).click()
    const past = page.getByRole("region", { name: "Recent alerts" })
    await past.getByRole("button", { name: "Abandoned basket of 7.50" }).click()
    await dialog.waitFor()
    await page.keyboard.press("Escape")
    await page.getByRole("button", { name: "Alerts" }).click()
    await past.getByRole("button", { name: "Clear" }).click()
    await past.getByText("No alerts yet.").waitFor()
    expect(await axeViolations(page)).to.deep.equal([])
  })

  it("tell once of a basket that is in no list for a moment", async () => {
    const shopId = randomUUID()
    await setProfile(shopId, { abandoned_after_s: 3 })
    // For this page it is abandoned at once.
    const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId), {
      initScript: `${WITNESS}
        { const Now = Date; const later = () => Now.now() + 60_000
          globalThis.Date = class extends Now {
            constructor(...given) { given.length === 0 ? super(later()) : super(...given) }
            static now() { return later() }
          } }
        globalThis.WebSocket = class extends WebSocket {
          constructor(...given) {
            super(...given)
            this.addEventListener("message", (message) => {
              if (!String(message.data).includes(".baskets.add")) return
              globalThis.receive = (data = message.data) => this.dispatchEvent(new MessageEvent("message", { data }))
            })
          }
        }`,
    })
    const { page } = merchant
    await page.getByText("Days of UTC").first().waitFor({ state: "attached" })
    await page.getByRole("button", { name: "Alerts" }).click()
    await page.getByLabel("Abandoned basket of at least").fill("5")
    await page.getByRole("switch", { name: "Show a browser notification" }).check()
    await page.keyboard.press("Escape")
    const session_id = randomUUID()
    await publish([publishEvent({ shop_id: shopId, session_id, product_price: 7.5 })])
    await alerts(merchant).getByText("Abandoned basket of 7.50").waitFor()
    await page
      .getByRole("navigation", { name: "Lanes" })
      .getByRole("button", { name: /^Abandoned/ })
      .click()
    const card = merchant.basket(session_id.slice(0, 8))
    await card.waitFor()
    // As when it changes lists, which the service tells one after the other.
    const left = JSON.stringify({ event: `store.${shopId}.baskets.remove`, data: { idx: 0 } })
    await page.evaluate((data) => Reflect.get(globalThis, "receive")(data), left)
    await card.waitFor({ state: "detached" })
    await page.evaluate(() => Reflect.get(globalThis, "receive")())
    await card.waitFor()
    expect(await texts(merchant)).to.deep.equal(["Abandoned basket of 7.50"])
  })

  it("tell once that nothing has happened for a while, and only in opening hours", async () => {
    const [open24, closed] = [randomUUID(), randomUUID()]
    await setProfile(closed, { opening_hours: {} })
    const shops = await Promise.all(
      [open24, closed].map(async (shopId) => {
        await publish([publishEvent({ shop_id: shopId })])
        const merchant = await open(shopId)
        const { page } = merchant
        await page.getByRole("button", { name: "Alerts" }).click()
        await page.getByLabel("No activity while open").fill("0.1")
        await page.keyboard.press("Escape")
        return merchant
      }),
    )
    const [quiet, silent] = shops
    if (quiet === undefined || silent === undefined) throw new Error("no shops")
    const text = "No activity for 0.1 minutes"
    await alerts(quiet).getByText(text).waitFor()
    await quiet.page.getByRole("button", { name: `Dismiss: ${text}` }).click()
    await publish([publishEvent({ shop_id: open24, product_name: "Pears" })])
    await quiet.top("Pears")
    const lastAt = await quiet.page.getByRole("article", { name: "Pears" }).locator("time").getAttribute("datetime")
    await alerts(quiet).getByText(text).waitFor()
    await quiet.page.getByRole("button", { name: "Alerts" }).click()
    const past = quiet.page.getByRole("region", { name: "Recent alerts" }).getByRole("listitem")
    await until("both in the history", async () => (await past.count()) === 2)
    // For the next silence, and no sooner.
    const toldAt = await past.first().locator("time").getAttribute("datetime")
    expect(Date.parse(toldAt ?? "") - Date.parse(lastAt ?? "")).to.be.at.least(6000)
    expect(await alerts(silent).textContent()).to.equal("")
  })
})
