import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { BrowserContextOptions } from "playwright-core"
import type { SentEvent } from "../../contract/shared-session.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { OldClient } from "../helpers/old-client.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import type { SharedCart } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import { patientProduct, Shop } from "./shop.ts"

const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true }
/** What a browser says on its console of a page that is offline. */
const OFFLINE = /WebSocket|ERR_INTERNET_DISCONNECTED|publish was answered/

/** The time to the deadline at the end, in ms. */
const SOON_MS = 2000

describe("four friends: Ann and Bob with the widget, Eve with an old storefront, Dan in the shop with its app", () => {
  const browser = useBrowser()
  const product = useProduct(patientProduct)
  const gateway = useGateway(product)

  /** What Dan scans: products of the demo shop. */
  const scanned = (shop_id: string, sessionId: string) => {
    const session_id = randomUUID()
    return async (product_id: number, product_name: string, product_price: number, action = "ADD"): Promise<void> => {
      const event: SentEvent = publishEvent({ shop_id, session_id, action, product_id, product_name, product_price })
      const more = { "Shared-Session": sessionId, "Shared-Session-Name": "Dan" }
      expect((await post(`${product.edgeUrl}/publish/${shop_id}`, event, more)).status).to.equal(200)
    }
  }

  it("shop together from the invitation to the order, whatever happens to pages, connections, tabs and the host", async () => {
    browser.allow(OFFLINE)

    // The invitation, to each in the way that they have.
    const ann = new Shop(await browser.open(`${product.edgeUrl}/storefront/`))
    await ann.add("FUJI Apples")
    await ann.enter("Ann", "Start shopping together")
    const invitation = await ann.inviteUrl()
    const bob = new Shop(await browser.open(invitation, PHONE))
    await bob.add("Mountain Cheese")
    await bob.enter("Bob", "Join your friend")
    const sessionId = new URL(invitation).searchParams.get("buddyshoppingId") ?? ""
    const eve = await OldClient.enter(product.edgeUrl, sessionId, "Eve", true)
    const { storefront } = eve
    const tea = { items: [{ quantity: 1, product: { id: 1, name: "Old Tea", price: 2 } }] }
    storefront.send("updateCart", { customerId: storefront.customerId, cartContent: tea })
    const shopId = randomUUID()
    const scan = scanned(shopId, sessionId)
    await scan(500102, "Rye Bread", 4)
    for (const each of [ann, bob]) await each.shows("Ann* Bob Eve Dan")
    await storefront.shows("Ann* Bob Eve Dan")
    await bob.member("Dan").getByText("Rye Bread").waitFor()
    await bob.member("Dan").getByText("In the shop").waitFor()
    await ann.member("Eve").getByText("Old Tea").waitFor()

    // Bob's page is reloaded; then he has no network while the others go on, he too.
    const idOfBob = await bob.customerId()
    await bob.reload()
    await bob.shows("Ann* Bob Eve Dan")
    expect(await bob.customerId()).to.equal(idOfBob)
    await bob.page.context().setOffline(true)
    await bob.add("Farm Yoghurt")
    await scan(500107, "Dark Chocolate", 3)
    await ann.member("Dan").getByText("Dark Chocolate").waitFor()
    await bob.panel.getByText("The connection is lost.").waitFor()
    await bob.page.context().setOffline(false)
    await bob.member("Dan").getByText("Dark Chocolate").waitFor()
    await ann.member("Bob").getByText("Farm Yoghurt").waitFor()

    // Bob duplicates his tab. It is no fifth friend, also when it is closed.
    const [copy] = await Promise.all([
      bob.page.waitForEvent("popup"),
      bob.page.evaluate(() => void window.open(location.href)),
    ])
    const twin = new Shop(copy)
    await twin.launcher.click()
    await twin.shows("Ann* Bob Eve Dan")
    await copy.close()
    await bob.add("Mountain Cheese")
    await ann.member("Bob").getByText("Mountain Cheese").waitFor()

    // The deadline: carts stay as they are, for all four.
    const setDeadline = (inMs: number) =>
      ann.page.evaluate((ms) => window.BuddyShopping.setDeadline(new Date(Date.now() + ms)), inMs)
    await setDeadline(5 * 60_000)
    await bob.panel.getByText(/Carts lock in [45]:\d\d/).waitFor()
    // Refused where it has passed before it is known.
    const setSoon = () =>
      setDeadline(SOON_MS).then(
        () => true,
        () => false,
      )
    await until("a deadline that is soon", setSoon)
    for (const each of [ann, bob]) await each.panel.getByText("Time is up. The carts are locked.").waitFor()
    const more = { items: [...tea.items, { quantity: 9, product: { id: 2, name: "Late Cake", price: 1 } }] }
    const refused = await storefront.refusal("updateCart", {
      customerId: storefront.customerId,
      cartContent: more,
    })
    expect(refused).to.equal("session.locked")
    await scan(500101, "Oat Milk", 2)
    await until("the shop to have what Dan scans", async () => {
      const { result } = await resRequest(product.nats, `get.store.${shopId}.baskets`)
      const [reference] = result.collection as { rid: string }[]
      const basket = (await resRequest(product.nats, `get.${reference?.rid}`)).result?.model
      return basket?.item_count === 3 && basket.shared_session === sessionId
    })
    expect(JSON.stringify(storefront.sees)).not.to.match(/Late Cake|Oat Milk/)

    // The host leaves: the carts are open again, Dan's follows, and Bob is the host. She comes back by the link.
    await ann.panel.getByRole("button", { name: "Leave" }).click()
    await bob.shows("Bob* Eve Dan")
    await bob.member("Dan").getByText("Oat Milk").waitFor()
    await ann.page.goto(invitation)
    await ann.enter("Ann", "Join your friend")
    await bob.shows("Bob* Eve Dan Ann")

    // Everybody says ready, Dan by paying at the till of the shop; the host comes last.
    await scan(500102, "Rye Bread", 4, "CHECKOUT")
    eve.clickReady()
    await ann.member("Ann").getByText("FUJI Apples").waitFor()
    await ann.ready.and(ann.page.locator("[aria-disabled=false]")).click()
    await bob.shows("Bob* Eve+ Dan+ Ann+")
    await bob.ready.and(bob.page.locator("[aria-disabled=false]")).click()
    for (const each of [ann, bob]) await each.shows("Bob*+ Eve+ Dan+ Ann+")
    await storefront.shows("Bob*+ Eve+ Dan+ Ann+")

    // The checkout, in the open. All see the same carts at its end, and the old page has seen nothing but its messages.
    await bob.panel.getByRole("button", { name: "Go to checkout" }).click()
    await ann.panel.getByText("Bob is checking out").waitFor()
    await bob.page.evaluate(() => window.BuddyShopping.completeCheckout("A-17"))
    for (const each of [ann, bob]) await each.panel.getByText("Ordered: A-17").waitFor()
    const content: SharedCart[] = (await get(`${gateway.url}/api/session/${sessionId}/multicart`)).body
    expect(storefront.sees).to.deep.equal(content)
    const namesIn = (cart: unknown): (string | undefined)[] =>
      (cart as { items: { product: { name?: string } }[] }).items.map(({ product: { name } }) => name)
    expect(Object.fromEntries(content.map(({ owner, content: cart }) => [owner.name, namesIn(cart)]))).to.deep.equal({
      Bob: ["Mountain Cheese", "Farm Yoghurt"],
      Eve: ["Old Tea"],
      Dan: ["Rye Bread", "Dark Chocolate", "Oat Milk"],
      Ann: ["FUJI Apples"],
    })
    const known = ["joinSession", "multicartUpdate", "error"]
    expect(storefront.events().filter((event) => !known.includes(event))).to.deep.equal([])
    await eve.close()
  })
})
