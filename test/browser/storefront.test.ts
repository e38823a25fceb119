import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { expect } from "chai"
import type { BrowserContextOptions, Page } from "playwright-core"
import { useBrowser } from "../helpers/browser.ts"
import { useProduct } from "../helpers/product.ts"
import { type Storefront, useStorefronts } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import { axeViolations } from "./axe.ts"
import { patientProduct, Shop } from "./shop.ts"

const SHOP_ID = "123e4567-e89b-42d3-a456-426614174000"
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true }
/** What a browser says on its console of a connection that the test has cut. */
const CUT = /WebSocket connection to .* failed/

describe("the storefront widget", () => {
  const browser = useBrowser()
  const product = useProduct(patientProduct)
  const openStorefront = useStorefronts(product)
  const servers: Server[] = []

  after(() => {
    for (const server of servers) server.close()
  })

  async function demoShop(options: BrowserContextOptions = {}, url = `${product.edgeUrl}/storefront/`): Promise<Shop> {
    return new Shop(await browser.open(url, options))
  }

  async function oldStorefront(shop: Shop, name: string): Promise<Storefront> {
    const sessionId = await shop.page.evaluate(() => window.BuddyShopping.state.sessionId ?? "")
    const other = await openStorefront(sessionId)
    await other.join(name)
    return other
  }

  /** Ann, who started, and Bob on a phone, who joined by her link. */
  async function friends(): Promise<[ann: Shop, bob: Shop]> {
    const ann = await demoShop()
    await ann.add("FUJI Apples")
    await ann.enter("Ann", "Start shopping together")
    const bob = await demoShop(PHONE, await ann.inviteUrl())
    await bob.add("Mountain Cheese")
    await bob.enter("Bob", "Join your friend")
    await ann.shows("Ann* Bob")
    return [ann, bob]
  }

  it("lets friends change each other's carts when both agree, and each page's own cart follows", async () => {
    const [ann, bob] = await friends()
    await ann.add("Rye Bread")
    await ann.add("Rye Bread")
    const has = (shop: Shop, product: string, quantity: number) =>
      until(`${quantity} ${product} in the page's own cart`, async () => {
        const text = await shop.page.evaluate(() => sessionStorage.getItem("demo-cart"))
        const items: { quantity: number; product: { name: string } }[] = JSON.parse(text ?? "[]")
        return (items.find((item) => item.product.name === product)?.quantity ?? 0) === quantity
      })

    await bob.member("Ann").getByText("3 items").waitFor()
    await bob.choose("Move to my cart", "Rye Bread")
    await ann.says("Bob asks for your Rye Bread")
    await bob.member("Ann").getByText("Waiting for Ann").waitFor()
    expect(await bob.button("More: Rye Bread").evaluate((element) => element.matches(":focus")), "the focus").to.equal(
      true,
    )
    await bob.button("More: Rye Bread").click()
    await bob.button("Move to my cart: Rye Bread").and(bob.page.locator("[aria-pressed=true]")).waitFor()
    expect(await axeViolations(ann.page)).to.deep.equal([])
    await ann.button("Give").click()
    await bob.member("Bob").getByText("3 items · €19.40").waitFor()
    await has(ann, "Rye Bread", 0)
    await has(bob, "Rye Bread", 2)

    await bob.choose("Not mine", "Rye Bread")
    await ann.member("Bob").getByText("Anyone can take it").waitFor()
    await ann.choose("Move to my cart", "Rye Bread")
    await has(bob, "Rye Bread", 0)
    await has(ann, "Rye Bread", 2)

    // The host suggests one piece of a line.
    await ann.choose("Suggest to Bob", "Rye Bread")
    await ann.member("Ann").getByText("Waiting for Bob").waitFor()
    await bob.panel.getByText("Ann suggests Rye Bread").waitFor()
    await bob.button(/^Add$/).click()
    await has(bob, "Rye Bread", 1)
    await has(ann, "Rye Bread", 2)
    await ann.member("Ann").getByText("Waiting for Bob").waitFor({ state: "detached" })
  })

  it("keeps a line's menu open, and the focus in it, when a friend changes something meanwhile", async () => {
    const [ann, bob] = await friends()
    await bob.button("More: FUJI Apples").click()
    const move = bob.button("Move to my cart: FUJI Apples")
    await move.focus()
    await ann.add("FUJI Apples")
    await bob.member("Ann").getByText("2 items").waitFor()
    expect(await move.isVisible()).to.equal(true)
    expect(await move.evaluate((element) => element.matches(":focus"))).to.equal(true)
    await move.click()
    await ann.says("Bob asks for your FUJI Apples")
    expect(await move.isVisible()).to.equal(false)
  })

  it("asks the customer before the host adds something to its cart", async () => {
    const eve = await openStorefront("offers-of-eve")
    await eve.start("Eve")
    const bob = await demoShop(PHONE, `${product.edgeUrl}/storefront/?buddyshoppingId=offers-of-eve`)
    await bob.enter("Bob", "Join your friend")
    const offer = async () =>
      eve.send("offerItem", {
        customerId: eve.customerId,
        to: await bob.customerId(),
        item: { quantity: 2, product: { id: 500200, name: "Rye Bread", price: 5.4 } },
      })
    await offer()
    const question = bob.panel.getByText("Eve suggests 2 × Rye Bread")
    await question.waitFor()
    await bob.button("No thanks").click()
    await question.waitFor({ state: "detached" })
    await offer()
    await bob.button(/^Add$/).click()
    await bob.member("Bob").getByText("2 items · €10.80").waitFor()
    await until("Bob's cart from Bob's page", () => JSON.stringify(eve.sees?.[1]?.content).includes("productsQuantity"))
  })

  it("lets friends shop together: invite, join, carts both ways, a locked host, all ready, out and away", async () => {
    const ann = await demoShop()
    await ann.add("FUJI Apples")
    await ann.enter("Ann", "Start shopping together")
    await ann.shows("Ann*")

    const bob = await demoShop(PHONE, await ann.inviteUrl())
    await bob.panel.getByText("Ann wants to shop with you at Market Street").waitFor()
    expect(await bob.launcher.innerText()).to.equal("You’re invited")
    await bob.enter("Bob", "Join your friend")
    await ann.says("Bob joined")
    await bob.member("Ann").getByText("FUJI Apples").waitFor()
    await bob.add("Mountain Cheese")
    await bob.add("Mountain Cheese")
    await ann.member("Bob").getByText("Mountain Cheese").waitFor()
    await ann.member("Bob").getByText("2 items · €17.20").waitFor()
    expect(await ann.member("Ann").getByText("You", { exact: true }).isVisible()).to.equal(true)
    await ann.panel.locator(".sum").getByText("€20.70").waitFor()
    await bob.button("Add this too: FUJI Apples").click()
    await ann.member("Bob").getByText("3 items · €20.70").waitFor()
    await bob.button("One FUJI Apples less").evaluate((element: HTMLElement) => element.click())
    await ann.member("Bob").getByText("2 items · €17.20").waitFor()

    // A page of the old widget, in the same session.
    const eve = await oldStorefront(ann, "Eve")
    const cartContent = { items: [{ quantity: 1, product: { id: 1, name: "Old Tea", price: 2 } }] }
    eve.send("updateCart", { customerId: eve.customerId, cartContent })
    await bob.member("Eve").getByText("Old Tea").waitFor()
    const own = await until("Bob's cart at the old page's", () => eve.sees?.find(({ owner }) => owner.name === "Bob"))
    await until("Bob's two cheeses", () => JSON.stringify(eve.sees).includes('"quantity":2'))
    expect(JSON.stringify(own), "the address of the shop's cart").to.not.include("Demo Street")

    expect(await ann.ready.getAttribute("aria-disabled")).to.equal("true")
    await ann.panel.getByText("As the host, you’re last. Still shopping: Bob, Eve.").waitFor()
    await ann.ready.click({ force: true })
    await ann.button("Nudge: Bob").click()
    await bob.says("Ann is waiting for you")
    await ann.button("Nudge again: Bob").waitFor()
    await bob.ready.click()
    await ann.shows("Ann* Bob+ Eve")
    await ann.says("Bob is ready to check out")
    await ann.panel.getByText("Still shopping: Eve.").waitFor()
    expect(await ann.button(/^Nudge/).count(), "an old page cannot show a nudge").to.equal(0)
    expect(await bob.button(/^Nudge/).count(), "the host has to wait for Eve, too").to.equal(0)
    eve.send("customerReadyToCheckout", { customerId: eve.customerId, customerReadyToCheckout: true })
    await ann.shows("Ann* Bob+ Eve+")
    await bob.button("Nudge: Ann").waitFor()
    await ann.ready.and(ann.page.locator("[aria-disabled=false]")).click()
    await bob.shows("Ann*+ Bob+ Eve+")
    await eve.shows("Ann*+ Bob+ Eve+")
    await bob.panel.getByText("Everyone’s ready!").waitFor()
    await bob.panel.getByRole("button", { name: "Go to checkout" }).click()
    await bob.page.getByText("This is where a real shop’s checkout would open.").waitFor()

    await ann.panel.getByRole("button", { name: "Remove Eve" }).click()
    await ann.panel.getByRole("button", { name: "Remove", exact: true }).click()
    await bob.shows("Ann*+ Bob+")
    await bob.says("Eve left")
    expect(await bob.panel.getByRole("button", { name: /^Remove/ }).count(), "a guest may remove nobody").to.equal(0)

    await bob.panel.getByRole("button", { name: "Leave" }).click()
    await bob.panel.getByText("You left the session.").waitFor()
    await ann.shows("Ann*+")
    expect(new URL(bob.page.url()).search, "a reload does not invite again").to.equal("")
  })

  it("tells a guest that the host removed it, and lets it go on alone", async () => {
    const [ann, bob] = await friends()
    await ann.panel.getByRole("button", { name: "Remove Bob" }).click()
    await ann.panel.getByRole("button", { name: "Cancel" }).click()
    await ann.panel.getByRole("button", { name: "Remove Bob" }).click()
    await ann.panel.getByRole("button", { name: "Remove", exact: true }).click()
    await bob.panel.getByText("The host removed you.").waitFor()
    await ann.shows("Ann*")
    await bob.enter("Bob", "Start shopping together")
    await bob.shows("Bob*")
  })

  it("goes on after a reload as the same customer, guest and host alike, with the carts", async () => {
    const [ann, bob] = await friends()
    for (const [shop, other, line] of [
      [bob, ann, "Ann* Bob"],
      [ann, bob, "Ann* Bob"],
    ] as const) {
      const before = await shop.customerId()
      expect(before).to.be.a("string")
      await shop.reload()
      await shop.shows(line)
      await other.shows(line)
      expect(await shop.customerId()).to.equal(before)
      await shop.member("Bob").getByText("Mountain Cheese").waitFor()
      await shop.member("Ann").getByText("FUJI Apples").waitFor()
    }
    await bob.ready.click()
    await ann.shows("Ann* Bob+")
    await ann.ready.click()
    await bob.shows("Ann*+ Bob+")
  })

  it("makes of a duplicated tab another view of the same person, which can be closed without harm", async () => {
    const [ann, bob] = await friends()
    // A window that a page opens begins with a copy of its sessionStorage, as a duplicated tab does.
    const [page] = await Promise.all([
      bob.page.waitForEvent("popup"),
      bob.page.evaluate(() => void window.open(location.href)),
    ])
    const copy = new Shop(page)
    await copy.launcher.click()
    await copy.shows("Ann* Bob")
    expect(await copy.customerId()).to.equal(await bob.customerId())
    const elsewhere = "This session is also open in another window."
    await bob.panel.getByText(elsewhere).waitFor()
    expect(await copy.panel.getByText(elsewhere).isVisible()).to.equal(false)
    await copy.add("Rye Bread")
    await ann.member("Bob").getByText("Rye Bread").waitFor()
    await bob.member("Bob").getByText("Rye Bread").waitFor()
    await bob.ready.click()
    await ann.shows("Ann* Bob+")
    await copy.panel.getByText(elsewhere).waitFor()
    await page.close()
    await bob.add("Farm Yoghurt")
    await ann.member("Bob").getByText("Farm Yoghurt").waitFor()
    // Ready was said of the cart before.
    await ann.shows("Ann* Bob")
  })

  it("says that the connection is lost, comes back by itself, and shows what happened meanwhile", async () => {
    browser.allow(CUT)
    const [ann, bob] = await friends()
    await bob.page.context().setOffline(true)
    await Promise.all([ann.says("Reconnecting…"), product.restartEdge()])
    await bob.panel.getByText("The connection is lost.").waitFor()
    await ann.says("You’re back online")
    await ann.add("Rye Bread")
    await bob.page.context().setOffline(false)
    await bob.says("You’re back online")
    await bob.member("Ann").getByText("Rye Bread").waitFor()
    await bob.add("Farm Yoghurt")
    await ann.member("Bob").getByText("Farm Yoghurt").waitFor()
    await ann.shows("Ann* Bob")
  })

  it("opens a session again whose friends have all gone, and takes only a session's id from the address", async () => {
    const shop = await demoShop({}, `${product.edgeUrl}/storefront/?buddyshoppingId=nobody-there`)
    await shop.panel.getByLabel("Your name").fill("Ann")
    await shop.button("Join your friend").click()
    await shop.panel.getByText("Nobody’s here right now.").waitFor()
    await shop.button("Reopen session").click()
    await shop.shows("Ann*")
    expect(await shop.inviteUrl()).to.include("buddyshoppingId=nobody-there")
    const wrong = await demoShop({}, `${product.edgeUrl}/storefront/?buddyshoppingId=..%2Fpublish`)
    expect(await wrong.launcher.innerText()).to.equal("Shop together")
    expect(await wrong.panel.isVisible()).to.equal(false)
  })

  it("lets the host make a link without which nobody comes in any more, also after a reload", async () => {
    const ann = await demoShop()
    await ann.enter("Ann", "Start shopping together")
    const plain = await ann.inviteUrl()
    await ann.button("Replace link (expires in a day)").click()
    await ann.panel.getByText("Only people with this link can join. It expires in a day.").waitFor()
    const limited = await ann.inviteUrl()
    expect(limited).to.include(plain).and.include("&buddyshoppingInvite=")
    await ann.reload()
    expect(await ann.inviteUrl()).to.equal(limited)

    const eve = await demoShop({}, plain)
    await eve.panel.getByLabel("Your name").fill("Eve")
    await eve.button("Join your friend").click()
    await eve.panel.getByText("This link no longer works.").waitFor()
    const bob = await demoShop({}, limited)
    await bob.panel.getByText("Ann wants to shop with you").waitFor()
    expect(
      await eve.panel.getByText("Ann", { exact: false }).count(),
      "the host's name without an invitation",
    ).to.equal(0)
    await bob.enter("Bob", "Join your friend")
    await ann.shows("Ann* Bob")
    expect(await bob.button("Replace link (expires in a day)").count(), "a guest may make none").to.equal(0)
    expect(await bob.inviteUrl(), "but pass on the one that it has").to.equal(limited)
  })

  it("locks the carts, counts down, and checks out in the open, while old pages see only their messages", async () => {
    const [ann, bob] = await friends()
    const eve = await oldStorefront(ann, "Eve")
    await ann.panel.getByLabel("Split the total").selectOption("evenly")
    await bob.panel.locator(".shares").getByText("€4.04").waitFor()
    await bob.panel.getByText("€0.01 more for Ann, because the total doesn’t split evenly.").waitFor()
    await ann.panel.getByLabel("Deadline").selectOption("5")
    await bob.panel.getByText(/Carts lock in [45]:\d\d/).waitFor()
    await ann.button("Lock carts").click()
    await bob.panel.getByText("The host locked the carts.").waitFor()
    await bob.add("Rye Bread")
    await bob.panel.getByText("Not shared yet: Rye Bread.").waitFor()
    expect(await ann.member("Bob").getByText("Rye Bread").count()).to.equal(0)
    await ann.button("Unlock carts").click()
    await ann.member("Bob").getByText("Rye Bread").waitFor()
    expect(await bob.panel.getByText("Not shared yet").isVisible()).to.equal(false)

    eve.send("customerReadyToCheckout", { customerId: eve.customerId, customerReadyToCheckout: true })
    await bob.ready.click()
    await ann.says("Everyone else is ready. Are you?")
    await ann.ready.and(ann.page.locator("[aria-disabled=false]")).click()
    await bob.panel.getByRole("button", { name: "Go to checkout" }).click()
    await ann.panel.getByText("Bob is checking out").waitFor()
    await bob.panel.getByText("You’re checking out for everyone.").waitFor()
    await bob.page.evaluate(() => window.BuddyShopping.completeCheckout("A-17"))
    await ann.panel.getByText("Ordered: A-17").waitFor()
    await ann.button("Shop again").click()
    await ann.shows("Ann* Bob Eve")
    const known = ["joinSession", "multicartUpdate"]
    expect(eve.events().filter((event) => !known.includes(event))).to.deep.equal([])
  })

  it("copies the invite link", async () => {
    const shop = await demoShop({ permissions: ["clipboard-read", "clipboard-write"] })
    await shop.enter("Ann", "Start shopping together")
    await shop.button("Copy").click()
    await shop.says("Copied")
    expect(await shop.page.evaluate(() => navigator.clipboard.readText())).to.equal(await shop.inviteUrl())
  })

  it("is used with the keyboard alone: Escape closes and gives the focus back", async () => {
    const shop = await demoShop()
    const { page, launcher, panel, ready } = shop
    await launcher.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("Ann")
    await page.keyboard.press("Enter")
    await panel.getByText("Live", { exact: true }).waitFor()
    const focused = () => page.evaluate(() => document.querySelector("buddy-shopping")?.shadowRoot?.activeElement?.id)
    expect(await focused(), "the focus, when the form is gone").to.equal("title")
    await panel.getByText("Add something to your cart first.").waitFor()
    await shop.add("FUJI Apples")
    await ready.and(page.locator("[aria-disabled=false]")).focus()
    await page.keyboard.press("Space")
    await panel.getByText("You’re ready!").waitFor()
    expect(await panel.getByText("Everyone").count(), "alone there is no everyone").to.equal(0)
    await page.keyboard.press("Escape")
    expect(await panel.isVisible()).to.equal(false)
    expect(await launcher.evaluate((element) => element.matches(":focus"))).to.equal(true)
  })

  it("fits on a phone: nothing beyond the edge, nothing to scroll sideways, targets for a finger", async () => {
    const [, bob] = await friends()
    const { width, height } = PHONE.viewport ?? { width: 0, height: 0 }
    const box = await bob.panel.boundingBox()
    expect(box?.x).to.be.at.least(0)
    expect(box?.y).to.be.at.least(0)
    expect((box?.x ?? 0) + (box?.width ?? 0)).to.be.at.most(width)
    expect((box?.y ?? 0) + (box?.height ?? 0)).to.be.at.most(height)
    expect(await bob.page.evaluate(() => document.documentElement.scrollWidth)).to.equal(width)
    for (const target of await bob.page.locator("buddy-shopping").getByRole("button").all()) {
      if (!(await target.isVisible())) continue
      expect((await target.boundingBox())?.height, await target.innerText()).to.be.at.least(40)
    }
  })

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has nothing that axe objects to, in the ${colorScheme}`, async () => {
      const check = async (shop: Shop, what: string): Promise<void> => {
        expect(await axeViolations(shop.page), what).to.deep.equal([])
      }
      const ann = await demoShop({ colorScheme, reducedMotion: "reduce" })
      await ann.add("Rye Bread")
      await ann.launcher.click()
      await check(ann, "the welcome")
      await ann.enter("Ann", "Start shopping together")
      const bob = await demoShop({ ...PHONE, colorScheme, reducedMotion: "reduce" }, await ann.inviteUrl())
      await check(bob, "the invitation, on a phone")
      await bob.enter("Bob", "Join your friend")
      await ann.shows("Ann* Bob")
      await ann.panel.getByRole("button", { name: "Remove Bob" }).click()
      await check(ann, "a locked host who may remove somebody")
      await ann.panel.getByRole("button", { name: "Cancel" }).click()
      await bob.add("FUJI Apples")
      await bob.ready.click()
      await ann.shows("Ann* Bob+")
      await ann.ready.click()
      await bob.shows("Ann*+ Bob+")
      await check(bob, "all ready, on a phone")
      await bob.panel.getByRole("button", { name: "Go to checkout" }).click()
      await bob.button("I’ve placed the order").waitFor()
      await check(bob, "the one who pays, on a phone")
    })
  }

  describe("on a shop's own page, of another origin", () => {
    /** A shop whose styles would spoil all that they can reach, and with names that are no names. */
    const page = (
      edgeUrl: string,
      more: { script?: string; attributes?: string },
    ) => `<!doctype html><html lang="en"><title>Shop</title>
      <style>
        * { display: none !important; color: rgb(1, 2, 3) !important; font-size: 50px !important }
        html, body, h1, head { display: block !important }
        buddy-shopping { visibility: hidden !important; opacity: 0 !important; transform: scale(0) !important }
        button, .launcher, .panel { background: red !important }
      </style>
      <body><h1 class="launcher panel head">Shop</h1>
      ${more.script ?? ""}<script src="${edgeUrl}/storefront/widget.js" data-edge="${edgeUrl}" data-currency="CHF" ${
        more.attributes ?? 'data-theme="light"'
      }></script>`

    interface More {
      readonly headers?: Record<string, string>
      /** Before the widget's. */
      readonly script?: string
      readonly attributes?: string
    }

    async function open(more: More = {}): Promise<Page> {
      const server = createServer((_, res) => {
        res.writeHead(200, { "Content-Type": "text/html; charset=utf-8", ...more.headers })
        res.end(page(product.edgeUrl, more))
      }).listen(0, "127.0.0.1")
      servers.push(server)
      await once(server, "listening")
      return await browser.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    }

    async function shop(more: More = {}): Promise<Shop> {
      const opened = new Shop(await open(more))
      await opened.launcher.waitFor()
      return opened
    }

    const lookOf = (element: Element) => {
      const { fontSize, color, backgroundColor, visibility, opacity } = getComputedStyle(element)
      return { fontSize, color, backgroundColor, visibility, opacity }
    }

    it("keeps its looks, and the shop its own", async () => {
      const { launcher, page } = await shop()
      expect(await launcher.evaluate(lookOf)).to.deep.equal({
        fontSize: "15px",
        color: "rgb(255, 255, 255)",
        backgroundColor: "rgb(79, 70, 184)",
        visibility: "visible",
        opacity: "1",
      })
      const box = await launcher.boundingBox()
      expect(box?.width).to.be.greaterThan(100)
      expect(await page.locator("h1").evaluate(lookOf)).to.include({ color: "rgb(1, 2, 3)", fontSize: "50px" })
      const left = await page.evaluate(() => ({
        sheets: document.adoptedStyleSheets.length,
        children: [...document.body.children].map(({ localName }) => localName),
      }))
      expect(left).to.deep.equal({ sheets: 0, children: ["h1", "script", "buddy-shopping"] })
    })

    it("takes the shop's colours, words and corner, and the customer's name", async () => {
      const { page, launcher, panel } = await shop({
        script: `<script>window.BuddyShoppingTexts = { "launcher.idle": "Zusammen einkaufen", "panel.title": "<b>Los</b>" }</script>
          <style>:root { --buddy-accent: rgb(11, 107, 80); --buddy-on-accent-dark: rgb(6, 40, 29) }</style>`,
        attributes: 'data-theme="dark" data-position="left" data-customer-name="Ann &quot;A&quot; Lee"',
      })
      expect(await launcher.innerText()).to.equal("Zusammen einkaufen")
      expect(await launcher.evaluate(lookOf)).to.include({
        backgroundColor: "rgb(11, 107, 80)",
        color: "rgb(6, 40, 29)",
      })
      expect((await launcher.boundingBox())?.x).to.equal(20)
      await launcher.click()
      const own = page.getByRole("dialog", { name: "<b>Los</b>" })
      expect(await own.getByLabel("Your name").inputValue()).to.equal('Ann "A" Lee')
      expect(await panel.count(), "the English title").to.equal(0)
    })

    it("says on the console what is wrong with an attribute, and leaves the shop's page alone", async () => {
      const complaint = 'data-theme="blue": expected auto or light or dark'
      browser.allow(new RegExp(complaint))
      const shopPage = await open({ attributes: 'data-theme="blue"' })
      const [error] = await Promise.all([shopPage.waitForEvent("pageerror"), shopPage.reload()])
      expect(error.message).to.equal(complaint)
      expect(await shopPage.locator("buddy-shopping").count()).to.equal(0)
    })

    it("puts BuddyShopping into the page's globals, and nothing else", async () => {
      const { page } = await shop()
      const own = await page.evaluate(() => {
        const frame = document.body.appendChild(document.createElement("iframe"))
        const usual = new Set(Object.getOwnPropertyNames(frame.contentWindow ?? {}))
        return Object.getOwnPropertyNames(window).filter((name) => !usual.has(name) && !/^\d+$|^__/.test(name))
      })
      expect(own).to.deep.equal(["BuddyShopping"])
    })

    it("takes a shop's own cart and is worked by its script, with events", async () => {
      const { page, panel } = await shop()
      const state = await page.evaluate(async () => {
        const { BuddyShopping } = window
        const heard: string[] = []
        Object.assign(window, { heard })
        BuddyShopping.on("change", ({ phase }) => heard.push(phase))
        BuddyShopping.on("joined", ({ name }) => heard.push(`joined ${name}`))
        BuddyShopping.useCart({
          watch(onCart) {
            onCart({ items: [{ quantity: 3, product: { name: "Cuckoo Clock", price: 120 } }] })
            return () => {}
          },
        })
        const wrong = await BuddyShopping.join("no/id").catch((error: Error) => error.message)
        const nobody = await BuddyShopping.join("nobody").catch((error: { code: string }) => error.code)
        return { wrong, nobody, ...(await BuddyShopping.start({ name: "Ann", sessionId: "by-script" })) }
      })
      expect(state).to.include({ phase: "live", sessionId: "by-script", nobody: "session.notStarted" })
      expect(state.wrong).to.include("expected 1 to 64 letters")
      const eve = await openStorefront("by-script")
      await eve.join("Eve")
      await until("the shop's script to hear of Eve", () =>
        page.evaluate(() => (window as unknown as { heard: string[] }).heard.includes("joined Eve")),
      )
      await page.evaluate(() => window.BuddyShopping.open())
      await panel.getByText("3 items · CHF 360.00").waitFor()
      await panel.getByText("Cuckoo Clock").waitFor()
      eve.send("customerReadyToCheckout", { customerId: eve.customerId, customerReadyToCheckout: true })
      await eve.shows("Ann* Eve+")
      await page.evaluate(() => window.BuddyShopping.setReady(true))
      await panel.getByText("Everyone’s ready!").waitFor()
      expect(await panel.getByRole("button", { name: "Go to checkout" }).count(), "no checkout was given").to.equal(0)
      await page.evaluate(() => window.BuddyShopping.leave())
      await panel.getByText("You left the session.").waitFor()
    })

    it("shows names and carts as text, whatever stands in them", async () => {
      const opened = await shop()
      const { page, panel } = opened
      await opened.enter("Ann", "Start shopping together")
      const name = "<img src=x onerror=hacked=true>"
      const eve = await oldStorefront(opened, name)
      const evil = { name: "<script>hacked=true</script>", price: 1, url: "javascript:hacked=true" }
      const items = [{ quantity: 1, product: evil, options: { "<b>": "<svg onload=hacked=true>" } }]
      eve.send("updateCart", { customerId: eve.customerId, cartContent: { items } })
      await panel.getByText("<script>hacked=true</script>").waitFor()
      await opened.says(`${name} joined`)
      await panel.getByText("<b>: <svg onload=hacked=true>").waitFor()
      const found = await page.evaluate(() => ({
        elements: document.querySelector("buddy-shopping")?.shadowRoot?.querySelectorAll("img, script, a, b").length,
        hacked: window.hacked,
      }))
      expect(found).to.deep.equal({ elements: 0, hacked: undefined })
    })

    it("works under a strict Content-Security-Policy, without inline styles or scripts", async () => {
      const { edgeUrl } = product
      const policy = `default-src 'none'; script-src ${edgeUrl}; connect-src ${edgeUrl.replace("http", "ws")}; style-src 'none'`
      // The shop's own inline style is refused; the widget's must not be.
      browser.allow(/Applying inline style violates/)
      const opened = await shop({ headers: { "Content-Security-Policy": policy } })
      await opened.enter("Ann", "Start shopping together")
      await opened.shows("Ann*")
      const look = await opened.launcher.evaluate(lookOf)
      expect(look.backgroundColor).to.equal("rgb(79, 70, 184)")
    })
  })

  it("tells the merchant, from the demo shop, what is put into the cart and taken out", async () => {
    const actions: string[] = []
    const subscription = product.nats.subscribe(`updates.store.${SHOP_ID}`, {
      callback: (_, msg) => {
        const { action, product_name, basket_total } = msg.json<Record<string, unknown>>()
        actions.push(`${action} ${product_name} ${basket_total}`)
      },
    })
    await product.nats.flush()
    const shop = await demoShop()
    await shop.add("FUJI Apples")
    await until("the first action", () => actions.length === 1)
    await shop.button("One FUJI Apples less").click()
    await until("the second action", () => actions.length === 2)
    subscription.unsubscribe()
    expect(actions).to.deep.equal(["ADD FUJI Apples 3.5", "REMOVE FUJI Apples 0"])
    const link = await shop.page.getByRole("link", { name: "See it as the merchant" }).getAttribute("href")
    expect(link).to.equal(`/merchant/?shop=${SHOP_ID}`)
  })
})
