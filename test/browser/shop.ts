import type { Locator, Page } from "playwright-core"
import type { BuddyShopping } from "../../web/storefront/buddy-shopping.ts"
import type { ProductOptions } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"

declare global {
  interface Window {
    BuddyShopping: BuddyShopping
    hacked?: boolean
  }
}

/** It waits long for answers, and for friends who are away, so that they may take their time on a busy machine. */
export const patientProduct: ProductOptions = { serviceTimeoutMs: 30_000, sessions: { absenceMs: 10 * 60_000 } }

/** Notes in the page what its live regions say: notices go after 5 s, or when three others come. */
const NOTE_SAID = `{
  const said = window.__said = new Set()
  const follow = () => {
    const root = document.querySelector("buddy-shopping")?.shadowRoot
    if (!root) return setTimeout(follow, 50)
    const note = () => {
      for (const element of root.querySelectorAll("[aria-live=polite], [aria-live=polite] *"))
        if (element.checkVisibility()) said.add(element.textContent.trim())
    }
    new MutationObserver(note).observe(root, { subtree: true, childList: true, characterData: true })
    note()
  }
  follow()
}`

/** A page with the widget, and what a customer does there. */
export class Shop {
  readonly page: Page
  readonly launcher: Locator
  readonly panel: Locator
  readonly ready: Locator
  #noting: Promise<unknown> = Promise.resolve()

  constructor(page: Page) {
    this.page = page
    this.launcher = page.locator("buddy-shopping .launcher")
    this.panel = page.getByRole("dialog", { name: "Shop together" })
    this.ready = this.panel.getByRole("switch", { name: "I’m ready to check out" })
    this.#noteSaid()
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name })
  }

  async add(product: string): Promise<void> {
    // By its own script: on a phone the panel lies above it.
    await this.button(`Add to cart: ${product}`).evaluate((element: HTMLElement) => element.click())
  }

  /** Chooses something in the menu of a line, such as "Not mine". */
  async choose(choice: string, product: string): Promise<void> {
    await this.button(`More: ${product}`).click()
    await this.button(`${choice}: ${product}`).click()
  }

  async enter(name: string, button: string): Promise<void> {
    if (!(await this.panel.isVisible())) await this.launcher.click()
    await this.panel.getByLabel("Your name").fill(name)
    await this.panel.getByRole("button", { name: button }).click()
    await this.panel.getByText("Live", { exact: true }).waitFor()
  }

  async inviteUrl(): Promise<string> {
    return await this.panel.getByLabel("Invite link").inputValue()
  }

  member(name: string): Locator {
    return this.panel.locator(".member").filter({ has: this.page.locator(".name", { hasText: name }) })
  }

  /** Waits until everybody is shown so: `Ann* Bob+`, with `*` for the host and `+` for who is ready. */
  async shows(line: string): Promise<void> {
    const shown = async (): Promise<string> => {
      const names = await this.panel.locator(".member").evaluateAll((members) =>
        members.map((member) => {
          const isHost = [...member.querySelectorAll(".badge")].some(({ textContent }) => textContent === "Host")
          const isReady = member.querySelector(".state.ready") !== null
          return `${member.querySelector(".name")?.textContent}${isHost ? "*" : ""}${isReady ? "+" : ""}`
        }),
      )
      return names.join(" ")
    }
    await until(`the page to show ${line}`, async () => (await shown()) === line).catch(async (error: Error) => {
      throw new Error(`${error.message}; shown at the end: ${await shown()}`)
    })
  }

  /** Waits for a line of text to be said, by eye and by a live region, if it was not since the page was loaded. */
  async says(text: string): Promise<void> {
    await this.#noting
    const isSaid = (wanted: string): boolean => (window as unknown as { __said: Set<string> }).__said.has(wanted)
    await until(`the page to say ${text}`, () => this.page.evaluate(isSaid, text))
  }

  #noteSaid(): void {
    this.#noting = this.page.evaluate(NOTE_SAID)
    // The page may be closed before; then nobody asks what it says.
    this.#noting.catch(() => {})
  }

  customerId(): Promise<string | undefined> {
    return this.page.evaluate(() => window.BuddyShopping.state.customerId)
  }

  async reload(): Promise<void> {
    await this.page.reload()
    this.#noteSaid()
    await this.launcher.click()
    await this.panel.getByText("Live", { exact: true }).waitFor()
  }
}
