import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"

describe("baskets and figures on the merchant's page", () => {
  const browser = useBrowser()
  const pages = usePages()

  const open = (shopId: string) => MerchantPage.open(browser, pages.merchantUrl(shopId))

  /** A basket of a shop, and what happens in it. */
  function basketOf(shopId: string) {
    const session_id = randomUUID()
    const publish = (fields: Partial<PublishEvent>) =>
      publishAll(pages.product.edgeUrl, [publishEvent({ shop_id: shopId, session_id, ...fields })])
    return { name: session_id.slice(0, 8), sessionId: session_id, publish }
  }

  it("shows open baskets with their lines as they change, and marks totals that differ", async () => {
    const shopId = randomUUID()
    const merchant = await open(shopId)
    await merchant.page.getByText("No active baskets").waitFor()
    const { name, sessionId, publish } = basketOf(shopId)
    await publish({ product_name: "Pears", product_price: 2.5, basket_total: 2.5 })
    const card = merchant.basket(name)
    await card.getByText("Pears").waitFor()
    expect(await card.getByText("App total").count()).to.equal(0)
    await publish({ product_name: "Pears", product_price: 2.5, basket_total: 9 })
    await card.getByText("2 ×").waitFor()
    await card.getByText("2 items").waitFor()
    await card.getByText("App total 9.00 (4.00 more)").waitFor()
    expect(await card.locator(".sum").textContent()).to.equal("5.00")
    expect(await card.locator(".drift").count()).to.equal(1)
    await publish({ action: "COUPON", basket_total: 4 })
    await card.getByText("App total 4.00 (1.00 less)").waitFor()
    expect(await card.locator(".drift").count()).to.equal(0)
    // What is done is not counted: the heading says what is left to do, as the list does.
    const counted = merchant.page.locator(".baskets .count")
    await counted.getByText("1", { exact: true }).waitFor()
    const work = async (task: string) => {
      const url = `${pages.gateway.url}/api/store/${shopId}/basket/${sessionId}/${task}`
      expect((await post(url, { by: "Ann" })).status).to.equal(200)
    }
    await work("complete")
    await merchant.page.getByText("No active baskets").waitFor()
    await counted.getByText("0", { exact: true }).waitFor()
    await work("reopen")
    await card.waitFor()
    await publish({ action: "CHECKOUT", basket_total: 5 })
    await card.waitFor({ state: "detached" })
  })

  it("shows one basket in full, from its open to its checkout", async () => {
    const shopId = randomUUID()
    const { name, publish } = basketOf(shopId)
    await publish({ product_name: "Pears", product_id: 1, product_price: 2.5 })
    await publish({ product_name: "Leeks", product_id: 2, product_price: 1, basket_total: 3.5 })
    const merchant = await open(shopId)
    await merchant.openBasket(name)
    const dialog = merchant.details(name)
    await dialog.getByRole("row", { name: /Leeks/ }).waitFor()
    await dialog.getByText("Open", { exact: true }).waitFor()
    // While it is looked at it leaves the list of open ones.
    await publish({ action: "CHECKOUT", basket_total: 3.5 })
    await dialog.getByText("Checked out", { exact: true }).waitFor()
    await merchant.page.getByRole("dialog", { name: /^Order \d+$/ }).waitFor()
    await publish({ action: "ADD", product_name: "Figs", product_id: 3 })
    await dialog.getByRole("row", { name: /Figs/ }).waitFor()
    await merchant.page.keyboard.press("Escape")
    await dialog.waitFor({ state: "detached" })
  })

  it("tells every screen who sees to a basket; asks for the name once", async () => {
    const shopId = randomUUID()
    const [first, second] = [basketOf(shopId), basketOf(shopId)]
    await first.publish({})
    await second.publish({})
    const [mine, other] = [await open(shopId), await open(shopId)]
    await mine.basket(first.name).getByRole("button", { name: "Claim" }).click()
    const dialog = mine.page.getByRole("dialog", { name: "Who are you?" })
    await dialog.getByLabel(/Your name/).fill("Ann")
    await mine.page.keyboard.press("Enter")
    await mine.basket(first.name).getByText("Ann").waitFor()
    await other.basket(first.name).getByText("Ann").waitFor()
    await mine.basket(second.name).getByRole("button", { name: "Claim" }).click()
    await other.basket(second.name).getByText("Ann").waitFor()
    await other.page.reload()
    await other.basket(first.name).getByText("Ann").waitFor()
  })

  it("counts, and says in words what the chart shows", async () => {
    const shopId = randomUUID()
    const { publish } = basketOf(shopId)
    await publish({ product_name: "Pears", product_price: 2.5, basket_total: 2.5 })
    const { page } = await open(shopId)
    const figure = (label: string) =>
      page.locator(".tile", { has: page.getByText(label, { exact: true }) }).locator(".value")
    await until("an open basket", async () => (await figure("Open baskets").textContent()) === "1")
    await publish({ action: "CHECKOUT", basket_total: 2.5 })
    await until("a checkout", async () => (await figure("Orders").textContent()) === "1")
    // The list of baskets and the day's figures are resources of their own, which change one after the other.
    await until("no open basket", async () => (await figure("Open baskets").textContent()) === "0")
    await page.locator(".top", { hasText: "Pears" }).waitFor()
    await page.getByRole("radio", { name: "Activity" }).click()
    const chart = page.getByRole("img", { name: /^Events a minute: \d+ in the last hour/ })
    await chart.waitFor()
    expect(await chart.locator(".column").count()).to.equal(60)
  })

  it("tells of what asks for attention, as somebody has chosen, and of nothing that was there before", async () => {
    const shopId = randomUUID()
    const { name, publish } = basketOf(shopId)
    await publish({ action: "CHECKOUT", basket_total: 500 })
    const merchant = await open(shopId)
    const { page } = merchant
    const notices = page.getByRole("region", { name: "Alerts" })
    // Without the shop's profile no totals are judged.
    await page.getByText("Days of UTC").first().waitFor({ state: "attached" })
    await page.getByRole("button", { name: "Alerts" }).click()
    await page.getByLabel("Order of at least").fill("50")
    await page.getByLabel("Action is").fill("help")
    await page.getByRole("switch", { name: "Totals don't match" }).click()
    await page.keyboard.press("Escape")
    expect(await notices.textContent()).to.equal("")

    await publish({ action: "CHECKOUT", basket_total: 49 })
    await publish({ action: "CHECKOUT", basket_total: 60 })
    await publish({ action: "Help", product_name: "Pears" })
    await publish({ product_price: 2, basket_total: 99 })
    await notices.getByText("Order of 60.00").waitFor()
    await notices.getByText("Help: Pears").waitFor()
    await notices.getByText(`Totals of basket ${name} don't match`).waitFor()
    expect(await notices.getByText("49.00").count()).to.equal(0)
    await page.getByRole("button", { name: "Dismiss: Help: Pears" }).click()
    await notices.getByText("Help: Pears").waitFor({ state: "detached" })
    await notices.getByRole("button", { name: "Order of 60.00", exact: true }).click()
    await merchant.details(name).waitFor()

    await page.reload()
    await merchant.details(name).waitFor()
    await merchant.loaded()
    await page.keyboard.press("Escape")
    await page.getByRole("button", { name: "Alerts" }).click()
    expect(await page.getByLabel("Order of at least").inputValue()).to.equal("50")
    // An action is called as the page calls it.
    await page.getByLabel("Action is").fill("removed")
    await page.keyboard.press("Escape")
    await publish({ action: "REMOVE", product_name: "Leeks" })
    await notices.getByText("Removed: Leeks").waitFor()
    await page.getByRole("button", { name: "Alerts" }).click()
    expect(await page.getByLabel("Action is").inputValue()).to.equal("Removed")
  })
})
