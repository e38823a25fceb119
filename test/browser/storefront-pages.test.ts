import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { expect } from "chai"
import { type OpenOptions, useBrowser } from "../helpers/browser.ts"
import { useProduct } from "../helpers/product.ts"
import { Storefront } from "../helpers/storefront.ts"
import { startTcpProxy } from "../helpers/tcp-proxy.ts"
import { until } from "../helpers/until.ts"
import { axeViolations } from "./axe.ts"
import { patientProduct, Shop } from "./shop.ts"

describe("the storefront widget on all kinds of shops' pages", () => {
  const browser = useBrowser()
  const product = useProduct(patientProduct)
  let server: Server
  let origin: string
  let html = ""

  before(async () => {
    server = createServer(async ({ url }, res) => {
      // A proxy that serves the new script where the old one was.
      if (url === "/js/buddyshopping.js") {
        const widget = await (await fetch(`${product.edgeUrl}/storefront/widget.js`)).text()
        res.setHeader("Content-Type", "text/javascript").end(widget)
        return
      }
      res.writeHead(200, { "Content-Type": "text/html; charset=utf-8" })
      res.end(html)
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  after(() => void server?.close())

  const tag = (attributes = ""): string =>
    `<script src="${product.edgeUrl}/storefront/widget.js" data-edge="${product.edgeUrl}" ${attributes}></script>`

  async function shopWith(
    body: string,
    head = "",
    path = "/",
    options: OpenOptions = {},
    language = 'lang="en"',
  ): Promise<Shop> {
    html = `<!doctype html><html ${language}><head><title>Shop</title><link rel="icon" href="data:,">${head}</head><body><main><h1>Shop</h1></main>${body}</body></html>`
    return new Shop(await browser.open(`${origin}${path}`, options))
  }

  it("does not mention a friend while a session that the shopper starts takes long", async () => {
    browser.allow(/WebSocket|ERR_/)
    const proxy = await startTcpProxy({ host: "127.0.0.1", port: Number(new URL(product.edgeUrl).port) })
    try {
      const shop = new Shop(await browser.open(`http://127.0.0.1:${proxy.port}/storefront/`))
      await shop.launcher.click()
      await shop.panel.getByLabel("Your name").fill("Ann")
      proxy.stall()
      await shop.panel.getByRole("button", { name: "Start shopping together" }).click()
      await shop.button("Cancel").waitFor()
      expect(await shop.panel.innerText())
        .to.include("See each other’s carts live")
        .and.not.include("A friend wants")
      expect(await shop.launcher.innerText()).to.equal("Shop together")
      proxy.cut()
      await shop.shows("Ann*")
    } finally {
      await proxy.stop()
    }
  })

  it("stays when the page swaps its body, as Turbo does, or empties it", async () => {
    const shop = await shopWith(tag())
    await shop.enter("Ann", "Start shopping together")
    for (const swap of ["replace", "empty"]) {
      await shop.page.evaluate((how) => {
        if (how === "empty") document.body.innerHTML = "<h1>Emptied</h1>"
        else {
          const body = document.createElement("body")
          body.innerHTML = "<h1>Replaced</h1>"
          document.documentElement.replaceChild(body, document.body)
        }
      }, swap)
      await shop.launcher.waitFor()
      await shop.shows("Ann*")
      expect(await shop.page.locator("buddy-shopping").count()).to.equal(1)
    }
    await shop.panel.getByRole("button", { name: "Leave" }).click()
    await shop.panel.getByText("You left the session.").waitFor()
  })

  it("is there once on a page that has its tag twice", async () => {
    const shop = await shopWith(tag("async"), `${tag()}${tag()}`)
    await shop.launcher.waitFor()
    await shop.page.waitForLoadState("load")
    expect(await shop.page.locator("buddy-shopping").count()).to.equal(1)
  })

  it("works as a module, and evaluated by another script", async () => {
    for (const body of [
      tag('type="module"'),
      `${tag('type="text/lazy"')}<script>
         addEventListener("load", async () => (0, eval)(await (await fetch(document.scripts[0].src)).text()))
       </script>`,
    ]) {
      const shop = await shopWith(body, "", "/", { bypassCSP: true })
      await shop.enter("Ann", "Start shopping together")
      await shop.shows("Ann*")
    }
  })

  it("says on the console that it found no tag to read its settings from", async () => {
    const complaint = /BuddyShopping: there is no <script/
    browser.allow(complaint)
    const shop = await shopWith("")
    const said = shop.page.waitForEvent("console", (message) => complaint.test(message.text()))
    const widget = await (await fetch(`${product.edgeUrl}/storefront/widget.js`)).text()
    await shop.page.evaluate(widget)
    await said
    expect(await shop.page.locator("buddy-shopping").count()).to.equal(0)
  })

  it("takes an invitation that comes by pushState, and invites to the page as it is now", async () => {
    const host = await Storefront.open(product.edgeUrl, "by-push-state")
    await host.start("Ann")
    const shop = await shopWith(tag(), "", "/index.php?/category/12&q=~*()")
    await shop.launcher.waitFor()
    await shop.page.evaluate(() => history.pushState(null, "", "/index.php?/tea/7&buddyshoppingId=by-push-state"))
    await shop.panel.getByText("Ann wants to shop with you at 127.0.0.1").waitFor()
    await shop.enter("Bob", "Join your friend")
    await shop.shows("Ann* Bob")
    await shop.page.evaluate(() => history.pushState(null, "", "/index.php?/tea/8&q=~*()"))
    await until(
      "the link to the page as it is now",
      async () => (await shop.inviteUrl()) === `${origin}/index.php?/tea/8&q=~*()&buddyshoppingId=by-push-state`,
    )
    await host.close()
  })

  it("leaves the page's address as it was but for the invitation", async () => {
    const host = await Storefront.open(product.edgeUrl, "odd-address")
    await host.start("Ann")
    const address = "/index.php?/category/12&q=%E4~*()'"
    const shop = await shopWith(tag(), "", `${address}&buddyshoppingId=odd-address#!/tea`)
    const before = shop.page.url()
    await shop.enter("Bob", "Join your friend")
    await shop.panel.getByRole("button", { name: "Leave" }).click()
    await shop.panel.getByText("You left the session.").waitFor()
    expect(shop.page.url()).to.equal(before.replace("&buddyshoppingId=odd-address", ""))
    await host.close()
  })

  it("says what is wrong with an edge's address that would be taken for a path", async () => {
    const complaint = 'data-edge="127.0.0.1:8000": expected an http or https URL'
    browser.allow(new RegExp(complaint))
    const shop = await shopWith("")
    const error = shop.page.waitForEvent("pageerror")
    await shop.page.evaluate((src) => {
      const script = document.createElement("script")
      script.src = src
      script.dataset.edge = "127.0.0.1:8000"
      document.body.append(script)
    }, `${product.edgeUrl}/storefront/widget.js`)
    expect((await error).message).to.equal(complaint)
  })

  it("sends whole carts from a page with an old Prototype.js, and options with several choices", async () => {
    const shop = await shopWith(
      tag(),
      `<script>
         Array.prototype.toJSON = function () { return "[" + this.map((each) => JSON.stringify(each)).join(", ") + "]" }
         window.Ecwid = {
           OnAPILoaded: { add: (callback) => callback() },
           OnCartChanged: { add() {} },
           Cart: { get: (callback) => callback({ items: [
             { quantity: 2, product: { name: "Pizza", price: 9 }, options: { Toppings: ["Cheese", "Ham"] } },
           ] }) },
         }
       </script>`,
    )
    await shop.enter("Ann", "Start shopping together")
    const sessionId = await shop.page.evaluate(() => window.BuddyShopping.state.sessionId ?? "")
    const bob = await Storefront.open(product.edgeUrl, sessionId)
    await bob.join("Bob")
    const items = [{ quantity: 2, product: { name: "Pizza", price: 9 }, options: { Toppings: ["Cheese", "Ham"] } }]
    await until("the cart at Bob's", () => JSON.stringify(bob.sees ?? []).includes("Pizza"))
    expect(bob.sees?.[0]?.content).to.deep.equal({ items, productsQuantity: 2 })
    await shop.panel.getByText("Toppings: Cheese + Ham").waitFor()
    await bob.close()
  })

  it("stays in its corner, and bright, whatever the page does with its own elements", async () => {
    const shop = await shopWith(
      `<p style="height: 3000px">Tea</p>${tag('data-theme="light"')}`,
      `<style>
         body { transform: translate(300px, 200px) scale(0.5); opacity: 0.2; filter: blur(4px); overflow: hidden; clip-path: inset(40%) }
         div { inset: 7px !important; opacity: 0.1 !important }
       </style>`,
    )
    await shop.launcher.click()
    await shop.panel.waitFor()
    // Under the pointer it stands a little higher.
    await shop.page.mouse.move(5, 5)
    const { width, height } = shop.page.viewportSize() ?? { width: 0, height: 0 }
    await until("the launcher in its corner", async () => {
      const {
        x,
        y,
        width: wide,
        height: high,
      } = (await shop.launcher.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
      return Math.round(x + wide) === width - 20 && Math.round(y + high) === height - 20
    })
    // What stands in the top layer is under the pointer, and not covered by anything.
    const hit = await shop.page.evaluate(
      ([x, y]) => document.elementFromPoint(x ?? 0, y ?? 0)?.localName,
      [width - 40, height - 40],
    )
    expect(hit).to.equal("buddy-shopping")
    const pixel = await shop.page.screenshot({ clip: { x: width - 30, y: height - 46, width: 1, height: 1 } })
    const colour = await shop.page.evaluate(async (png) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob())
      const context = new OffscreenCanvas(1, 1).getContext("2d")
      context?.drawImage(bitmap, 0, 0)
      return [...(context?.getImageData(0, 0, 1, 1).data ?? [])]
    }, pixel.toString("base64"))
    expect(colour, "the launcher's own colour").to.deep.equal([79, 70, 184, 255])
  })

  it("speaks the page's language, from right to left where it is so, in the corner that the shop has chosen", async () => {
    const options = { locale: "en-GB", viewport: { width: 320, height: 640 } }
    const shop = await shopWith(
      tag('data-position="left" data-offset="24 88"'),
      "",
      "/",
      options,
      'lang="ar" dir="rtl"',
    )
    const opener = shop.page.getByRole("button", { name: "تسوّقوا معًا" })
    await opener.waitFor()
    const box = await opener.boundingBox()
    expect(box?.x).to.equal(24)
    expect((box?.y ?? 0) + (box?.height ?? 0)).to.equal(640 - 88)
    await opener.click()
    const panel = shop.page.getByRole("dialog", { name: "تسوّقوا معًا" })
    await panel.getByLabel("اسمك").fill("Ann")
    await panel.getByRole("button", { name: "ابدأ التسوّق معًا" }).click()
    await panel.getByText("مباشر", { exact: true }).waitFor()
    const edges = await panel.evaluate((element) => {
      const avatar = element.querySelector(".member .avatar")?.getBoundingClientRect()
      const name = element.querySelector(".member .name")?.getBoundingClientRect()
      return { avatar: avatar?.left ?? 0, name: name?.right ?? 0, wide: document.documentElement.scrollWidth }
    })
    expect(edges.avatar, "the avatar is to the right of the name").to.be.at.least(edges.name)
    expect(edges.wide, "nothing to scroll sideways").to.equal(320)
    expect(await axeViolations(shop.page)).to.deep.equal([])
  })

  it("works in the place of the old script, at its address, with its session IDs", async () => {
    const old = await Storefront.open(product.edgeUrl, "old~id")
    await old.start("Ann")
    const script = `<script src="/js/buddyshopping.js" data-edge="${product.edgeUrl}" data-language="es"></script>`
    const shop = await shopWith(script, "", "/tea?buddyshoppingId=old~id")
    const panel = shop.page.getByRole("dialog", { name: "Comprar juntos" })
    await panel.getByLabel("Tu nombre").fill("Bob")
    await panel.getByRole("button", { name: "Unirme" }).click()
    await panel.getByText("En directo", { exact: true }).waitFor()
    await old.shows("Ann* Bob")
    await old.close()
  })

  it("stands above a chat bubble that comes later, and goes back when that is gone", async () => {
    const shop = await shopWith(tag())
    await shop.launcher.waitFor()
    await shop.page.mouse.move(5, 5)
    const bottom = async (): Promise<number> => {
      const box = await shop.launcher.boundingBox()
      return Math.round((box?.y ?? 0) + (box?.height ?? 0))
    }
    const height = shop.page.viewportSize()?.height ?? 0
    await until("the launcher in its corner", async () => (await bottom()) === height - 20)
    await shop.page.evaluate(() => {
      const bubble = document.createElement("div")
      bubble.id = "chat"
      bubble.style.cssText = "position: fixed; right: 16px; bottom: 16px; width: 60px; height: 60px"
      bubble.append(document.createElement("iframe"))
      document.body.append(bubble)
    })
    await until("the launcher above the bubble", async () => (await bottom()) === height - 16 - 60 - 12)
    await shop.page.evaluate(() => document.getElementById("chat")?.remove())
    await until("the launcher in its corner", async () => (await bottom()) === height - 20)
  })

  it("shows the invite link as a QR code when it is asked for, and only then loads what draws it", async () => {
    const shop = await shopWith(tag())
    const loaded: string[] = []
    shop.page.on("request", (request) => loaded.push(new URL(request.url()).pathname))
    await shop.enter("Ann", "Start shopping together")
    expect(loaded).to.not.include("/storefront/widget-qr.js")
    await shop.button("QR code").click()
    await shop.panel.getByRole("img", { name: "QR code to join" }).waitFor()
    expect(loaded).to.include("/storefront/widget-qr.js")
    const inviteUrl = await shop.inviteUrl()
    const bob = await Storefront.open(product.edgeUrl, new URL(inviteUrl).searchParams.get("buddyshoppingId") ?? "")
    await bob.join("Bob")
    await shop.shows("Ann* Bob")
    expect(await shop.button("QR code").isVisible(), "collapsed once somebody is in").to.equal(false)
    await bob.close()
  })

  it("tells what friends put into their carts and who is waited for, with pictures of the shop alone", async () => {
    const shop = await shopWith(
      `${tag()}<script>
         BuddyShopping.useCart({ watch(onCart) {
           onCart({ items: [{ quantity: 1, product: { name: "Tea", price: 2 } }] })
           return () => {}
         } })
       </script>`,
    )
    await shop.enter("Ann", "Start shopping together")
    const loaded: string[] = []
    await shop.page.route(/\.(png|jpg)/, (route) => {
      loaded.push(route.request().url())
      return route.fulfill({ status: 404 })
    })
    browser.allow(/404/)
    const sessionId = await shop.page.evaluate(() => window.BuddyShopping.state.sessionId ?? "")
    const friends = [
      await Storefront.open(product.edgeUrl, sessionId),
      await Storefront.open(product.edgeUrl, sessionId),
    ]
    for (const friend of friends) await friend.join("Bob")
    await shop.shows("Ann* Bob Bob 2")
    const [bob, other] = friends
    const addressed = (name: string, quantity: number, thumbnailUrl: string) => ({
      quantity,
      product: { name, price: 1, thumbnailUrl },
    })
    const items = [addressed("Rye Bread", 2, "/bread.png?x=1"), addressed("Track", 1, "https://evil.example/track.png")]
    other?.send("updateCart", { customerId: other.customerId, cartContent: { items } })
    await shop.says("Bob 2 added 2 × Rye Bread, Track")
    await until("the shop's own picture", () => loaded.length > 0)
    expect(loaded).to.deep.equal([`${origin}/bread.png`])
    other?.send("updateCart", { customerId: other.customerId, cartContent: { items: items.slice(1) } })
    await shop.says("Bob 2 removed 2 × Rye Bread")
    for (const friend of [bob, other])
      friend?.send("customerReadyToCheckout", { customerId: friend.customerId, customerReadyToCheckout: true })
    await shop.says("Everyone else is ready. Are you?")
    for (const friend of friends) await friend.close()
  })

  it("shows the friends at 200 % zoom too", async () => {
    const options = { viewport: { width: 720, height: 450 } }
    const shop = new Shop(await browser.open(`${product.edgeUrl}/storefront/`, options))
    await shop.add("FUJI Apples")
    await shop.enter("Ann", "Start shopping together")
    const panel = await shop.panel.boundingBox()
    expect(panel?.y).to.be.at.least(0)
    const body = await shop.panel.locator(".body").boundingBox()
    const member = await shop.member("Ann").boundingBox()
    expect(member?.y).to.be.at.least(body?.y ?? 0)
    expect((member?.y ?? 0) + (member?.height ?? 0)).to.be.at.most((body?.y ?? 0) + (body?.height ?? 0))
    await shop.page.keyboard.press("Escape")
    expect(await shop.launcher.isVisible()).to.equal(true)
  })
})
