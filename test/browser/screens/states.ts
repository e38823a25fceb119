import type { Page } from "playwright-core"
import { shops } from "../../../tools/demo/catalogue.ts"
import { FRIENDS_SHOP } from "./played-log.ts"

/** A state of the merchant's page that has pictures. */
export interface State {
  readonly name: string
  /** The page's query. */
  readonly query: string
  /** What this browser keeps from before, by name. */
  readonly kept?: { readonly [storage in "localStorage" | "sessionStorage"]?: Readonly<Record<string, unknown>> }
  /** The gateway does not answer. */
  readonly silent?: boolean
  /** The part that a narrow page shows, by the beginning of its tab's name. */
  readonly tab?: string
  /** What somebody does; in each size again, since parts of a narrow page are others. */
  readonly act?: (page: Page) => Promise<void>
  /** Resolves when all is there. */
  readonly ready: (page: Page) => Promise<unknown>
  /** Prints something, which gets a picture, too. */
  readonly print?: (page: Page) => Promise<unknown>
}

const [grocery, paper, camp] = shops.map(({ shop_id }) => shop_id)
const shop = `?shop=${grocery}`
const EMPTY = "5b0c4f7e-2d1a-4c3b-9e8f-7a6b5c4d3e2f"

const live = (page: Page) => page.locator(".badge.good").waitFor()
/** As of when the page is right: it comes with the digest. */
const checked = async (page: Page) => {
  await live(page)
  await page.locator(".truth").waitFor({ state: "attached" })
}
const rows = async (page: Page) => {
  await checked(page)
  await page.locator("article.event").first().waitFor()
}
const cards = async (page: Page) => {
  await checked(page)
  await page.locator(".basket[data-basket]").first().waitFor()
}
const figures = async (page: Page) => {
  await checked(page)
  await page.locator(".top li").first().waitFor()
  await page.locator(".plot").waitFor()
}
const dialog = (page: Page) => page.getByRole("dialog").waitFor()
const hasDialog = (page: Page) => page.getByRole("dialog").isVisible()

/** As the page keeps them. Another one comes while the page is open: the shop is quiet. */
const pastAlerts = [
  { key: "event-2", at: "2026-11-26T12:41:07.000Z", sessionId: EMPTY, kind: "order", amount: 63.4 },
  { key: "drift-1", at: "2026-11-26T10:12:55.000Z", sessionId: EMPTY, kind: "drift" },
]

export const states: readonly State[] = [
  {
    name: "shops",
    query: "",
    kept: { localStorage: { "shopwire.shops": [grocery, paper, camp] } },
    ready: async (page) => {
      await live(page)
      await page.locator(".overview .value:not(.skeleton)").nth(8).waitFor()
    },
  },
  {
    name: "new-shop",
    query: `?shop=${EMPTY}`,
    ready: async (page) => {
      await checked(page)
      await page.getByText("No activity yet").waitFor()
    },
  },
  { name: "loading", query: shop, silent: true, ready: (page) => page.locator(".loading-rows").waitFor() },
  { name: "activity", query: shop, ready: rows },
  { name: "sales", query: `${shop}&period=7`, tab: "Sales", ready: figures },
  { name: "orders", query: `${shop}&lane=orders`, tab: "Baskets", ready: cards },
  {
    name: "order",
    query: `${shop}&lane=orders`,
    act: async (page) => {
      if (!(await hasDialog(page))) await page.locator(".basket header .plain").first().click()
    },
    ready: async (page) => {
      await dialog(page)
      await page.getByRole("dialog").getByRole("row").nth(1).waitFor()
    },
  },
  {
    name: "group",
    query: `?shop=${FRIENDS_SHOP}&lane=orders`,
    tab: "Baskets",
    ready: async (page) => {
      await cards(page)
      await page.locator(".group .basket").nth(1).waitFor()
    },
    print: async (page) => {
      await page.getByRole("button", { name: "Print a packing list for each person" }).click()
      await page.locator(".pick-list").nth(2).waitFor({ state: "attached" })
    },
  },
  {
    name: "alerts",
    query: shop,
    kept: {
      localStorage: { "shopwire.attention": { orderFrom: 50, quietMinutes: 3, drift: true, sound: true } },
      sessionStorage: { [`shopwire.alerts.${grocery}.`]: pastAlerts },
    },
    act: async (page) => {
      if (!(await hasDialog(page))) await page.getByRole("button", { name: "Alerts" }).click()
    },
    ready: async (page) => {
      await checked(page)
      await page.locator(".notice").waitFor()
      await page.locator(".past-alerts li").nth(pastAlerts.length).waitFor()
    },
  },
  {
    name: "search",
    query: `${shop}&find=bread&action=ADD`,
    act: async (page) => {
      const closed = page.getByRole("button", { name: "Options", expanded: false })
      if (await closed.isVisible()) await closed.click()
    },
    ready: rows,
  },
  {
    name: "settings",
    query: shop,
    act: async (page) => {
      if (!(await hasDialog(page))) await page.getByRole("button", { name: "Shop settings" }).click()
    },
    ready: dialog,
  },
  {
    name: "wall",
    query: `${shop}&view=wall`,
    ready: async (page) => {
      await live(page)
      await page.locator(".wall .basket[data-basket]").first().waitFor()
    },
  },
]

/** Shows the state's part of a shop where the page has tabs; a tablet shows baskets beside them. */
export async function showPart(page: Page, { tab }: State, size: string): Promise<void> {
  const hasTab = size === "phone" || (size === "tablet" && tab !== "Baskets")
  if (tab !== undefined && hasTab) await page.getByRole("tab", { name: tab }).click()
}
