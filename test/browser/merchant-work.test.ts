import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { SentEvent } from "../../contract/shared-session.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { axeViolations } from "./axe.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"

/** The browser's clock is ahead by this many minutes. */
const minutesAhead = (
  minutes: number,
): string => `{ const Now = Date; const later = () => Now.now() + ${minutes * 60_000}
  globalThis.Date = class extends Now {
    constructor(...given) { given.length === 0 ? super(later()) : super(...given) }
    static now() { return later() }
  } }`

/** Counts what is printed, and how the screen is kept awake. */
const WITNESS = `
  globalThis.prints = 0
  globalThis.print = () => { globalThis.prints++ }
  globalThis.locks = 0
  Object.defineProperty(navigator, "wakeLock", { value: { request: async () => {
    globalThis.locks++
    return Object.assign(new EventTarget(), { release: async () => { globalThis.locks-- } })
  } } })`

/** Messages stay for ten minutes, however long it takes until somebody undoes something. */
const LASTING = `{ const { setTimeout } = window
  window.setTimeout = (run, ms, ...more) => setTimeout(run, ms === 10_000 ? 600_000 : ms, ...more) }`

type Witness = { readonly prints: number; readonly locks: number }

describe("working on orders and baskets on the merchant's page", () => {
  const browser = useBrowser()
  const pages = usePages()

  const open = (shopId: string, query = "", options = {}) =>
    MerchantPage.open(browser, `${pages.merchantUrl(shopId)}${query}`, options)
  const lane = (merchant: MerchantPage, name: string) =>
    merchant.page.getByRole("navigation", { name: "Lanes" }).getByRole("button", { name: new RegExp(`^${name}`) })
  const laneCount = (merchant: MerchantPage, name: string, count: number) =>
    until(`${count} in ${name}`, async () => (await lane(merchant, name).textContent()) === `${name}${count}`)

  /** A basket of a shop, and what happens in it. */
  function basketOf(shopId: string) {
    const session_id = randomUUID()
    const publish = (fields: Partial<SentEvent> = {}) =>
      publishAll(pages.product.edgeUrl, [publishEvent({ shop_id: shopId, session_id, ...fields })])
    return { name: session_id.slice(0, 8), session_id, publish }
  }

  type Basket = ReturnType<typeof basketOf>

  /** An order of a shop. */
  async function orderOf(shopId: string, fields: Partial<SentEvent> = {}) {
    const basket = basketOf(shopId)
    await basket.publish(fields)
    await basket.publish({ ...fields, action: "CHECKOUT" })
    return basket
  }

  /** Says who works at a screen. */
  async function enterName(merchant: MerchantPage, name: string): Promise<void> {
    await merchant.page.getByLabel(/Your name/).fill(name)
    await merchant.page.keyboard.press("Enter")
  }

  it("has lanes for active baskets, those that go cold, and orders, which say how long ago", async () => {
    const shopId = randomUUID()
    const basket = basketOf(shopId)
    await basket.publish()
    const [now, later] = [await open(shopId), await open(shopId, "", { initScript: minutesAhead(12) })]
    await now
      .basket(basket.name)
      .getByText(/^(now|\d+ sec ago)$/)
      .waitFor()
    await laneCount(now, "Active", 1)
    await laneCount(later, "Going cold", 1)
    await lane(later, "Going cold").click()
    const waited = later.basket(basket.name).locator(".waited")
    await waited.getByText("12 min ago").waitFor()
    await waited.getByText("Waiting").waitFor()
    expect(new URL(later.page.url()).searchParams.get("lane")).to.equal("cold")
    await basket.publish({ action: "CHECKOUT" })
    await laneCount(now, "Active", 0)
    await lane(now, "Orders").click()
    await now
      .basket(basket.name)
      .getByText(/^Order \d+$/)
      .waitFor()
    expect(await axeViolations(later.page)).to.deep.equal([])
  })

  it("sorts a lane by age or by total, and remembers it", async () => {
    const shopId = randomUUID()
    const [first, second] = [await orderOf(shopId, { product_price: 9 }), await orderOf(shopId, { product_price: 2 })]
    const merchant = await open(shopId, "&lane=orders")
    const names = () => merchant.baskets()
    const isSorted = (...expected: string[]) =>
      until(`the order ${expected}`, async () => (await names()).join() === expected.join())
    await isSorted(second.name, first.name)
    await merchant.page.getByLabel("Sort by").selectOption("Highest total first")
    await isSorted(first.name, second.name)
    await merchant.page.getByLabel("Sort by").selectOption("Newest first")
    await isSorted(second.name, first.name)
    await merchant.page.getByLabel("Sort by").selectOption("Longest waiting first")
    await isSorted(first.name, second.name)
    await merchant.page.reload()
    await isSorted(first.name, second.name)
  })

  it("moves no card from under the pointer", async () => {
    const shopId = randomUUID()
    const first = await orderOf(shopId)
    const merchant = await open(shopId, "&lane=orders")
    await merchant.basket(first.name).hover()
    const second = await orderOf(shopId)
    await merchant.basket(second.name).waitFor()
    const names = () => merchant.baskets()
    expect(await names()).to.deep.equal([first.name, second.name])
    await merchant.page.mouse.move(5, 5)
    await until("the newest on top", async () => (await names()).join() === [second.name, first.name].join())
  })

  it("claims, releases, completes and reopens on all screens, with the name, and undoes each", async () => {
    const shopId = randomUUID()
    const order = await orderOf(shopId)
    const openLasting = () => open(shopId, "&lane=orders", { initScript: LASTING })
    const [mine, other] = [await openLasting(), await openLasting()]
    const [here, there] = [mine.basket(order.name), other.basket(order.name)]
    const message = (text: RegExp) => mine.page.locator(".toast", { hasText: text }).first()
    const undo = async (text: RegExp) => {
      await message(text).getByRole("button", { name: "Undo" }).click()
    }
    await here.getByRole("button", { name: "Claim" }).click()
    await other.page.getByText("1 other screen is looking, too").waitFor()
    await enterName(mine, "Ann")
    await there.locator(".acknowledged", { hasText: "Ann" }).waitFor()
    await other.page.getByText("Ann is looking, too").waitFor()
    await message(/^Order \d+ is yours/).waitFor()
    await undo(/is yours/)
    await there.getByRole("button", { name: "Claim" }).waitFor()

    await here.getByRole("button", { name: "Claim" }).click()
    await there.locator(".acknowledged", { hasText: "Ann" }).waitFor()
    // Anybody may give a claim back.
    await there.getByRole("button", { name: "Release" }).click()
    await enterName(other, "Bob")
    await here.getByRole("button", { name: "Claim" }).waitFor()
    await other.page.locator(".toast", { hasText: "was released" }).getByRole("button", { name: "Undo" }).click()
    await here.locator(".acknowledged", { hasText: "Ann" }).waitFor()

    await here.getByRole("button", { name: "Done" }).click()
    await there.waitFor({ state: "detached" })
    await undo(/is done/)
    await there.waitFor()
    await here.getByRole("button", { name: "Done" }).click()
    await there.waitFor({ state: "detached" })

    await other.page.getByRole("button", { name: "Show done (1)" }).click()
    await there.locator(".acknowledged", { hasText: /^Done.*Ann/ }).waitFor()
    await there.getByRole("button", { name: "Reopen" }).click()
    await here.getByRole("button", { name: "Done" }).waitFor()
    expect(await axeViolations(other.page)).to.deep.equal([])
  })

  it("lets a message go after 10 s", async () => {
    const shopId = randomUUID()
    const order = await orderOf(shopId)
    const merchant = await open(shopId, "&lane=orders")
    await merchant.basket(order.name).getByRole("button", { name: "Done" }).click()
    await enterName(merchant, "Ann")
    const toast = merchant.page.locator(".toast")
    await toast.waitFor()
    await toast.waitFor({ state: "detached" })
  })

  it("says why a claim was not stored, and stores it when tried again", async () => {
    browser.allow(/WebSocket/)
    const shopId = randomUUID()
    const basket = basketOf(shopId)
    await basket.publish()
    const merchant = await open(shopId)
    const card = merchant.basket(basket.name)
    await card.waitFor()
    await pages.stopGateway()
    await merchant.says("Reconnecting")
    await card.getByRole("button", { name: "Claim" }).click()
    await enterName(merchant, "Ann")
    await card.getByRole("alert").getByText("Couldn't save. Try again.").waitFor()
    await pages.startGateway()
    await merchant.live()
    await card.getByRole("button", { name: "Claim" }).click()
    await card.locator(".acknowledged", { hasText: "Ann" }).waitFor()
    await card.getByRole("alert").waitFor({ state: "detached" })
  })

  it("undoes from within an open basket, too", async () => {
    const shopId = randomUUID()
    const order = await orderOf(shopId)
    const merchant = await open(shopId, `&lane=orders&basket=${order.session_id}`, { initScript: LASTING })
    const dialog = merchant.details(order.name)
    await dialog.getByRole("button", { name: "Done" }).click()
    await enterName(merchant, "Ann")
    await dialog.getByRole("button", { name: "Reopen" }).waitFor()
    await dialog.getByRole("button", { name: "Undo" }).click()
    await dialog.getByRole("button", { name: "Done" }).waitFor()
  })

  it("fills a wall with all lanes, without a keyboard, and keeps its screen on", async () => {
    const shopId = randomUUID()
    const basket = basketOf(shopId)
    await basket.publish({ product_name: "Pears" })
    const [first, second] = [await orderOf(shopId), await orderOf(shopId)]
    const viewport = { width: 1600, height: 900 }
    const wall = await open(shopId, "&view=wall", { initScript: `${WITNESS}\n${LASTING}`, viewport })
    const column = (name: string) => wall.page.getByRole("region", { name: new RegExp(`^${name}`) })
    await column("Active").getByText("Pears").waitFor()
    await wall.basket(second.name).waitFor()
    // What waits longest comes first.
    expect(await wall.baskets(column("Orders"))).to.deep.equal([first.name, second.name])
    await wall.page.getByText("The screen stays on").waitFor()
    expect(await wall.page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).to.be.at.most(0)
    const heights = await wall.page
      .locator(".wall .task")
      .evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect().height))
    expect(Math.min(...heights)).to.be.at.least(44)
    expect(await axeViolations(wall.page)).to.deep.equal([])

    const desk = await open(shopId, "&lane=orders")
    await wall.basket(first.name).getByRole("button", { name: "Claim" }).click()
    await desk.basket(first.name).locator(".acknowledged", { hasText: "Wall screen" }).waitFor()
    await wall.basket(first.name).getByRole("button", { name: "Done" }).click()
    await wall.basket(first.name).waitFor({ state: "detached" })
    await wall.page.locator(".toast", { hasText: "is done" }).getByRole("button", { name: "Undo" }).click()
    await wall.basket(first.name).waitFor()

    await wall.page.getByRole("button", { name: "Back to the shop" }).click()
    await wall.page.getByRole("heading", { name: "Orders and baskets" }).waitFor()
    const locks = () => wall.page.evaluate(() => (globalThis as unknown as Witness).locks)
    await until("the screen to be let go", async () => (await locks()) === 0)
    await wall.page.goBack()
    await column("Orders").waitFor()
  })

  it("has buttons for fingers on a phone, and opens a basket from anywhere in a row", async () => {
    const shopId = randomUUID()
    const order = await orderOf(shopId)
    const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true }
    const merchant = await open(shopId, "&lane=orders", { ...phone, initScript: LASTING })
    const { page } = merchant
    await page.getByRole("tab", { name: /^Baskets/ }).tap()
    await merchant.basket(order.name).getByRole("button", { name: "Done" }).tap()
    await page.getByLabel(/Your name/).fill("Ann")
    await page.keyboard.press("Enter")
    await page.locator(".toast").getByRole("button", { name: "Undo" }).tap()
    await merchant.basket(order.name).getByRole("button", { name: "Done" }).waitFor()
    const sizes = await page
      .locator(".baskets button, .baskets select")
      .evaluateAll((all) => all.map((each) => Math.min(each.clientWidth + 2, each.clientHeight + 2)))
    expect(Math.min(...sizes)).to.be.at.least(44)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(390)
    await page.getByRole("tab", { name: "Activity" }).tap()
    const { x = 0, y = 0 } = (await page.locator("article.event .price").first().boundingBox()) ?? {}
    await page.touchscreen.tap(x + 2, y + 2)
    await merchant.details(order.name).waitFor()
  })

  it("shows friends who shop together as one, in lanes and in each basket, and prints a packing list for each", async () => {
    const shopId = randomUUID()
    const friends = [1, 2, 3].map(() => basketOf(shopId))
    const [first, second, third] = friends as [Basket, Basket, Basket]
    const shared = { shared_session: "party", shopper_id: randomUUID() }
    await first.publish({ ...shared, product_name: "Bread", product_price: 2 })
    const alone = basketOf(shopId)
    await alone.publish()
    const merchant = await open(shopId, "", { initScript: WITNESS })
    const { page } = merchant
    await merchant.basket(alone.name).waitFor()
    const group = page.locator(".basket-list .group")
    expect(await group.count()).to.equal(0)
    await second.publish({ ...shared, shopper_id: randomUUID(), product_name: "Pears", product_price: 1 })
    await third.publish({ ...shared, shopper_id: randomUUID(), product_name: "Milk", product_price: 4 })
    await group.getByText(/^Group of 3: .?Shopper \d+, Shopper \d+,? and Shopper \d+/).waitFor()
    expect((await merchant.baskets(group)).toSorted()).to.deep.equal(friends.map(({ name }) => name).toSorted())
    expect(await group.locator(".group-head .sum").textContent()).to.match(/7\.00/)
    await third.publish({ ...shared, action: "CHECKOUT" })
    await until("two in this lane", async () => (await merchant.baskets(group)).length === 2)
    await group.getByText(/^Group of 3:/).waitFor()
    expect(await axeViolations(page)).to.deep.equal([])

    await group.getByRole("button", { name: "Print a packing list for each person" }).click()
    const lists = page.locator(".pick-list")
    await until("three lists", async () => (await lists.count()) === 3)
    const parts = await lists.locator(".group-part").allTextContents()
    expect(parts.map((text) => /Packing list (\d) of 3: .?Shopper \d+/.exec(text)?.[1])).to.deep.equal(["1", "2", "3"])
    const products = await lists.locator("tbody td:nth-child(3)").allTextContents()
    expect(products).to.deep.equal(["Bread", "Pears", "Milk"])
    await page.evaluate(() => dispatchEvent(new Event("afterprint")))

    await merchant.basket(first.name).locator("header button").click()
    const dialog = merchant.details(first.name)
    await dialog.getByText(/^Group of 3:/).waitFor()
    const members = dialog.locator(".group-members li")
    expect(await members.allTextContents()).to.have.length(3)
    expect(await members.nth(2).textContent()).to.match(/Checked out.*1 item.*4\.00/)
    await members.nth(1).getByRole("button").click()
    await merchant.details(second.name).waitFor()
  })

  it("prints a pick list, and nothing else", async () => {
    const shopId = randomUUID()
    const order = basketOf(shopId)
    await order.publish({ product_name: "Pears", product_id: 1, category_id: "fruit", UPC: "111" })
    await order.publish({ product_name: "Bread", product_id: 2, category_id: "bakery", UPC: "222" })
    await order.publish({ product_name: "Pears", product_id: 1, category_id: "fruit", UPC: "111" })
    await order.publish({ action: "CHECKOUT" })
    const merchant = await open(shopId, "&lane=orders", { initScript: WITNESS })
    const { page } = merchant
    const prints = () => page.evaluate(() => (globalThis as unknown as Witness).prints)
    await merchant.basket(order.name).getByRole("button", { name: "Print pick list" }).click()
    await until("the print", async () => (await prints()) === 1)
    expect(await page.locator(".pick-list").isVisible()).to.equal(false)
    await page.emulateMedia({ media: "print" })
    const list = page.locator(".pick-list")
    expect(await list.locator("h1").textContent()).to.match(/^Order \d+$/)
    const rows = await list
      .locator("tbody tr")
      .evaluateAll((all) => all.map((row) => [...row.querySelectorAll("td")].map(({ textContent }) => textContent)))
    expect(rows).to.deep.equal([
      ["", "1", "Bread", "bakery", "222"],
      ["", "2", "Pears", "fruit", "111"],
    ])
    expect(await page.locator("#root").isVisible()).to.equal(false)
    await page.emulateMedia({ media: "screen" })
    await page.evaluate(() => dispatchEvent(new Event("afterprint")))
    await list.waitFor({ state: "detached" })

    await orderOf(shopId)
    await laneCount(merchant, "Orders", 2)
    // By keyboard: the list above the button has just grown, and a click could miss it.
    await page.getByRole("button", { name: "Print all pick lists" }).press("Enter")
    await until("both lists", async () => (await list.count()) === 2)
    await until("their print", async () => (await prints()) === 2)
  })
})
