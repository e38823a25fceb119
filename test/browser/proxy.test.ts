import { expect } from "chai"
import { useBrowser } from "../helpers/browser.ts"
import { useProxy } from "../helpers/caddy.ts"
import { useGateway } from "../helpers/gateway.ts"
import { useProduct } from "../helpers/product.ts"
import { MerchantPage } from "./merchant-page.ts"
import { patientProduct, Shop } from "./shop.ts"

/** That of the demo shop. */
const SHOP_ID = "123e4567-e89b-42d3-a456-426614174000"

describe("the pages behind the proxy of docker compose", () => {
  const browser = useBrowser()
  const product = useProduct({ ...patientProduct, gatewayUrl: "same-origin", doors: { trustedProxies: ["127.0.0.1"] } })
  const gateway = useGateway(product)
  const proxy = useProxy(product, gateway)

  it("let friends shop together, also after the edge was restarted", async () => {
    browser.allow(/WebSocket connection to .* failed/)
    const ann = new Shop(await browser.open(`${proxy.url}/storefront/`))
    await ann.add("FUJI Apples")
    await ann.enter("Ann", "Start shopping together")
    const bob = new Shop(await browser.open(await ann.inviteUrl()))
    await bob.enter("Bob", "Join your friend")
    await bob.member("Ann").getByText("FUJI Apples").waitFor()
    await product.restartEdge()
    await bob.says("You’re back online")
    await bob.add("Rye Bread")
    await ann.member("Bob").getByText("Rye Bread").waitFor()
    await ann.shows("Ann* Bob")
  })

  it("show the merchant live what a customer puts into the cart", async () => {
    const merchant = await MerchantPage.open(browser, `${proxy.url}/merchant/?shop=${SHOP_ID}`)
    const ann = new Shop(await browser.open(`${proxy.url}/storefront/`))
    await ann.add("Elderflower Fizz")
    await merchant.top("Elderflower Fizz")
  })

  it("reach the gateway at their own address, as their Content-Security-Policy lets them", async () => {
    const page = await browser.open(`${proxy.url}/merchant/`)
    const version = await page.evaluate(async () => {
      const { gateway: url } = (await (await fetch("/config.json")).json()) as { gateway: string }
      const socket = new WebSocket(url)
      await new Promise((resolve, reject) => {
        socket.onopen = resolve
        socket.onerror = reject
      })
      const answer = new Promise<string>((resolve) => {
        socket.onmessage = ({ data }) => resolve(data)
      })
      socket.send(JSON.stringify({ id: 1, method: "version", params: { protocol: "1.2.1" } }))
      return JSON.parse(await answer)
    })
    expect(version.result.protocol).to.match(/^1\.2\./)
  })
})
