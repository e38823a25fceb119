import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { JWTPayload } from "jose"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { inSeconds, useIssuer } from "../helpers/issuer.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { axeViolations } from "./axe.ts"
import { MerchantPage } from "./merchant-page.ts"

/** Google's hosts, which a test can't reach: it answers in their place, with tokens of its own issuer. */
const GOOGLE = ["https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"]

const REFUSED = "Sign in to see this shop."

describe("signing in on the merchant's page", () => {
  const browser = useBrowser()
  const shopId = randomUUID()
  const issuer = useIssuer()
  const pages = usePages(() => ({
    auth: { verifier: issuer.verifier, cookie: undefined },
    web: { auth: { kind: "firebase", api_key: "key" }, connectTo: GOOGLE },
  }))

  const token = (claims: JWTPayload = {}) => issuer.token({ role: "merchant", shops: [shopId], name: "Ann", ...claims })

  async function publish(product_name: string): Promise<void> {
    const event = publishEvent({ shop_id: shopId, product_name })
    const { status } = await post(`${pages.product.edgeUrl}/publish/${shopId}`, event, {
      authorization: `Bearer ${await token()}`,
    })
    expect(status).to.equal(200)
  }

  const open = () => MerchantPage.open(browser, pages.merchantUrl(shopId))

  async function signInByToken(merchant: MerchantPage, jwt: string): Promise<void> {
    const dialog = merchant.page.getByRole("dialog", { name: "Sign in" })
    const field = dialog.getByLabel("Sign-in code")
    if (!(await field.isVisible())) await dialog.getByText("Use a sign-in code instead").click()
    await field.fill(jwt)
    await dialog.getByRole("button", { name: "Sign in with the code" }).click()
  }

  it("shows nothing without; then the shop, also after a reload and a lost connection; and nothing after signing out", async () => {
    browser.allow(/WebSocket/)
    await publish("Pears")
    const merchant = await open()
    const { page } = merchant
    await page.getByText(REFUSED).first().waitFor()
    expect(await page.getByText(REFUSED).count()).to.equal(1)
    expect(await axeViolations(page)).to.deep.equal([])
    await signInByToken(merchant, await token())
    await merchant.top("Pears")
    await page.getByText("Ann").waitFor()

    await page.reload()
    await merchant.top("Pears")
    await pages.stopGateway()
    await merchant.says("Reconnecting")
    await pages.startGateway()
    await merchant.live()
    await publish("Leeks")
    await merchant.top("Leeks")

    await merchant.basket("4e29b2d3").getByRole("button", { name: "Claim" }).click()
    await merchant.basket("4e29b2d3").getByText("Ann").waitFor()

    await page.getByRole("button", { name: /Sign out/ }).click()
    await page.getByText(REFUSED).first().waitFor()
    await until("no rows", async () => (await merchant.products()).length === 0)
    await page.reload()
    await page.getByText(REFUSED).first().waitFor()
  })

  it("leaves room for everything on a phone, also while it reconnects", async () => {
    browser.allow(/WebSocket/)
    const phone = { viewport: { width: 360, height: 700 }, isMobile: true, hasTouch: true }
    const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId), phone)
    const { page } = merchant
    await signInByToken(merchant, await token())
    await page.getByRole("button", { name: "Ann Sign out" }).waitFor()
    await pages.stopGateway()
    await merchant.says("Reconnecting")
    const bar = page.locator(".page-bar")
    expect(await bar.evaluate((element) => element.scrollWidth - element.clientWidth)).to.equal(0)
    expect(await axeViolations(page)).to.deep.equal([])
    await pages.startGateway()
    await merchant.live()
  })

  it("says that a token is refused, and that a shop is not one's own", async () => {
    const merchant = await open()
    const { page } = merchant
    await signInByToken(merchant, await token({ exp: inSeconds(-60), iat: inSeconds(-120) }))
    await page
      .getByRole("alert")
      .filter({ hasText: /sign-in code has expired/ })
      .waitFor()
    await signInByToken(merchant, await token({ shops: [randomUUID()] }))
    await page.getByText("You don't have access to this shop.").first().waitFor()
  })

  it("leads somebody with one shop straight to it, and shows all shops to somebody with several", async () => {
    const start = await browser.open(`${pages.product.edgeUrl}/merchant/`)
    const signIn = async (shops: readonly string[]) => {
      const dialog = start.getByRole("dialog", { name: "Sign in" })
      const field = dialog.getByLabel("Sign-in code")
      if (!(await field.isVisible())) await dialog.getByText("Use a sign-in code instead").click()
      await field.fill(await token({ shops: [...shops] }))
      await dialog.getByRole("button", { name: "Sign in with the code" }).click()
    }
    const other = randomUUID()
    await signIn([shopId, other])
    await start.getByRole("link", { name: `Shop ${other.slice(0, 8)}` }).waitFor()
    await start.getByRole("link", { name: `Shop ${shopId.slice(0, 8)}` }).waitFor()
    await start.getByRole("button", { name: /Sign out/ }).click()
    await start.getByRole("link", { name: `Shop ${other.slice(0, 8)}` }).waitFor({ state: "detached" })
    await start.getByRole("button", { name: "Sign in", exact: true }).click()
    await signIn([shopId])
    await start.getByRole("heading", { name: shopId.slice(0, 8) }).waitFor()
    expect(new URL(start.url()).searchParams.get("shop")).to.equal(shopId)
  })

  it("signs in by e-mail and password, and renews the token in time", async () => {
    const merchant = await open()
    const { page } = merchant
    const asked: unknown[] = []
    const headers = { "access-control-allow-origin": "*" }
    await page.route(`${GOOGLE[0]}/**`, async (route) => {
      const { email, password } = route.request().postDataJSON()
      asked.push({ email, password, url: route.request().url() })
      if (password !== "right") {
        const error = { message: "INVALID_LOGIN_CREDENTIALS" }
        await route.fulfill({ status: 400, headers, json: { error } })
      } else {
        // So short that it has to be renewed at once.
        const idToken = await token({ name: "Before" })
        await route.fulfill({ headers, json: { idToken, refreshToken: "refresh", expiresIn: "60" } })
      }
    })
    await page.route(`${GOOGLE[1]}/**`, async (route) => {
      asked.push(route.request().postData())
      await route.fulfill({
        headers,
        json: { id_token: await token({ name: "After" }), refresh_token: "next", expires_in: "3600" },
      })
    })
    browser.allow(/400/)
    const dialog = page.getByRole("dialog", { name: "Sign in" })
    const sign = async (password: string) => {
      await dialog.getByLabel("Email").fill("ann@example.com")
      await dialog.getByLabel("Password").fill(password)
      await dialog.getByRole("button", { name: "Sign in", exact: true }).click()
    }
    await sign("wrong")
    await dialog.getByText("The email or the password is wrong.").waitFor()
    await sign("right")
    await page.getByText("After").waitFor()
    expect(asked[1]).to.deep.equal({
      email: "ann@example.com",
      password: "right",
      url: `${GOOGLE[0]}/v1/accounts:signInWithPassword?key=key`,
    })
    expect(asked.slice(2)).to.deep.equal(["grant_type=refresh_token&refresh_token=refresh"])
  })
})
