import { expect } from "chai"
import { useBrowser } from "../helpers/browser.ts"
import { useProduct } from "../helpers/product.ts"
import { startTcpProxy } from "../helpers/tcp-proxy.ts"
import { use } from "../helpers/use.ts"
import { patientProduct, Shop } from "./shop.ts"

describe("the storefront widget on a connection that was cut without a word", () => {
  const browser = useBrowser()
  const product = useProduct(patientProduct)
  const proxy = use(() => startTcpProxy({ host: "127.0.0.1", port: Number(new URL(product.edgeUrl).port) }))

  it("says so within 12 s, shows what is put into the cart meanwhile, and goes on when the network is back", async () => {
    browser.allow(/WebSocket|ERR_|publish was answered/)
    const ann = new Shop(await browser.open(`http://127.0.0.1:${proxy.port}/storefront/`))
    await ann.enter("Ann", "Start shopping together")
    await ann.shows("Ann*")
    proxy.stall()
    await ann.panel.getByText("The connection is lost.").waitFor()
    await ann.add("FUJI Apples")
    await ann.member("Ann").getByText("FUJI Apples").waitFor()
    expect(await ann.panel.getByText("The cart is empty").count()).to.equal(0)
    proxy.cut()
    await ann.says("You’re back online")
    await ann.member("Ann").getByText("FUJI Apples").waitFor()
  })
})
