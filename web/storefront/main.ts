import { browserSocket, isSessionId, Memory, SESSION_ID_RULE, shelf, withoutInvite } from "@shopwire/client/session"
import { applyAgreed } from "./agreed-cart.ts"
import type { BuddyShopping } from "./buddy-shopping.ts"
import { CartWatch } from "./cart-watch.ts"
import { type Ecwid, ecwidCart } from "./ecwid.ts"
import { timeFormats } from "./formats.ts"
import { watchIdle } from "./idle-watch.ts"
import { languageFor, loadLanguage } from "./language.ts"
import { onAddress } from "./on-address.ts"
import { priceFormat } from "./price-format.ts"
import { readOptions } from "./script-options.ts"
import { sayer, type Texts } from "./texts.ts"
import { isFinal, Together } from "./together.ts"
import { Widget } from "./widget.ts"

/** The key of the name that the customer entered last. */
const NAME_KEY = "buddyshopping:name"
/** The name of a customer without one, if the shop's script starts the session. */
const NO_NAME = "Guest"

/** The globals of the page. It may set the texts of its language before the script runs. */
interface Page {
  BuddyShopping?: BuddyShopping
  BuddyShoppingTexts?: Texts
  Ecwid?: Ecwid
}

function start(page: Page, script: HTMLScriptElement): void {
  const options = readOptions(script.dataset, { src: script.src, page: location.href })
  const { edgeUrl, subprotocol } = options
  const memory = new Memory(
    edgeUrl,
    shelf(() => sessionStorage),
  )
  const together = new Together({
    memory,
    shopId: options.shopId,
    connect: (sessionId, handlers) => browserSocket(edgeUrl, sessionId, subprotocol, handlers),
    page: () => (script.dataset.invitePage ? options.invitePage : location.href),
  })
  const cart = new CartWatch(ecwidCart(page), {
    onCart: (content) => together.setCart(content),
    onOrder: (orderRef) => together.completeOwnCheckout(orderRef),
  })
  const name = keptName(options.customerName)
  const api = createApi(together, cart, name, {
    open: () => void widget.then((shown) => shown.open()),
    close: () => void widget.then((shown) => shown.close()),
  })

  together.events.on("change", ({ phase }) => {
    if (phase !== "idle") cart.start()
  })
  together.events.on("ended", ({ ending }) => {
    // Otherwise a reload would invite the customer again.
    if (isFinal(ending)) history.replaceState(history.state, "", withoutInvite(location.href))
  })
  together.events.on("agreed", (change) => applyAgreed(change, cart.source))
  together.begin(location.href)

  // The panel shows what went wrong. A shop that calls the API gets the error.
  const quietly = (coming: Promise<unknown>): void => {
    coming.catch(() => {})
  }
  const plainPrice = (amount: number): string => {
    const currency = options.currency ?? together.state.status?.currency ?? undefined
    return priceFormat(document.documentElement.lang, currency)(amount)
  }
  // From the edge, since the script itself may be a copy of another name elsewhere.
  const load = (file: string): Promise<unknown> => import(/* @vite-ignore */ `${edgeUrl}/storefront/${file}`)
  const wanted = [options.language ?? document.documentElement.lang, ...navigator.languages]
  const widget = loadLanguage(languageFor(wanted), wanted, load).then(
    (language) =>
      new Widget({
        ...options,
        together,
        language,
        load,
        say: sayer(page.BuddyShoppingTexts ?? {}, language.texts, language.locale),
        customerName: name.get() ?? "",
        shopName: options.shopName ?? siteName(),
        formats: {
          price: (amount) => cart.source.formatPrice?.(amount) ?? plainPrice(amount),
          ...timeFormats(language.locale),
        },
        onStart: (given) => quietly(api.start({ name: given })),
        onJoin: (given, sessionId) => {
          const isOver = together.state.ending === "session.notStarted"
          quietly(isOver ? api.start({ name: given, sessionId }) : api.join(sessionId, { name: given }))
        },
        onAdd: () => {
          const { source } = cart
          return source.add && ((line) => source.add?.(line, 1))
        },
        canMove: () => cart.source.add !== undefined && cart.source.remove !== undefined,
        canCheckout: () => cart.source.checkout !== undefined,
        onCheckout: () => quietly(together.beginCheckout().then(() => cart.source.checkout?.())),
      }),
  )
  const invite = (): void => void widget.then((shown) => shown.open({ takeFocus: false }))
  if (together.state.phase === "idle" && together.state.sessionId !== undefined) invite()

  keepConnected(together)
  watchIdle((isIdle) => together.setIdle(isIdle))
  onAddress((address) => {
    if (together.look(address)) invite()
  })
  page.BuddyShopping = api
  document.dispatchEvent(new CustomEvent("buddyshopping", { detail: api }))
}

function createApi(
  together: Together,
  cart: CartWatch,
  name: KeptName,
  panel: Pick<BuddyShopping, "open" | "close">,
): BuddyShopping {
  return {
    ...panel,
    get state() {
      return together.state
    },
    start: async (options = {}) => {
      const given = name.keep(options.name)
      await together.start(given, options.sessionId === undefined ? undefined : checked(options.sessionId))
      return together.state
    },
    join: async (sessionId, options = {}) => {
      await together.join(name.keep(options.name), checked(sessionId), options.invite)
      return together.state
    },
    createInvite: (limits) => together.createInvite(limits),
    leave: () => together.leave(),
    setReady: (isReady) => together.setReady(isReady),
    kick: (customerId) => together.kick(customerId),
    lock: () => together.request({ event: "lockSession" }),
    unlock: () => together.request({ event: "unlockSession" }),
    setDeadline: (at) => together.request({ event: "setDeadline", payload: { at: at?.toISOString() ?? null } }),
    setSplit: (split) => together.request({ event: "setSplit", payload: { split } }),
    beginCheckout: () => together.beginCheckout(),
    cancelCheckout: () => together.request({ event: "cancelCheckout" }),
    completeCheckout: (orderRef) => together.request({ event: "completeCheckout", payload: { order_ref: orderRef } }),
    shopAgain: () => together.request({ event: "shopAgain" }),
    useCart: (source) => cart.use(source),
    on: (event, listener) => together.events.on(event, listener),
  }
}

/** The shop's name as its page tells it, or else its host. */
function siteName(): string {
  const named = document.querySelector<HTMLMetaElement>('meta[property="og:site_name"]')?.content.trim()
  return named || location.hostname
}

interface KeptName {
  /** The customer's name, if it is known. */
  get(): string | undefined
  /** Stores the name if there is one, and returns the name to use. */
  keep(given: string | undefined): string
}

/** The customer's name: from the shop, or else as the customer entered it last on any page of the shop. */
function keptName(ofShop: string | undefined): KeptName {
  const local = shelf(() => localStorage)
  const get = (): string | undefined => ofShop ?? local.getItem(NAME_KEY) ?? undefined
  return {
    get,
    keep: (given) => {
      if (given !== undefined) local.setItem(NAME_KEY, given)
      return given ?? get() ?? NO_NAME
    },
  }
}

/** Checks the connection when the customer returns to the page, or the device is online again. */
function keepConnected(together: Together): void {
  addEventListener("online", () => together.reconnect())
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) together.reconnect()
  })
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") together.probe()
  })
}

function checked(sessionId: string): string {
  if (!isSessionId(sessionId)) throw new TypeError(`${sessionId}: expected ${SESSION_ID_RULE}`)
  return sessionId
}

/** The script's own tag. A module or an evaluated script has no `currentScript`, so it looks for the script's name. */
function ownScript(): HTMLScriptElement | undefined {
  const { currentScript } = document
  if (currentScript instanceof HTMLScriptElement) return currentScript
  return [...document.scripts].find(({ src }) => /\/widget\.js(\?|#|$)/.test(src))
}

/** Starts only once, even if the page has the script twice. */
function begin(page: Page, script: HTMLScriptElement): void {
  if (page.BuddyShopping === undefined) start(page, script)
}

const page: Page = window as Page
const script = ownScript()
if (script === undefined) {
  console.error('BuddyShopping: there is no <script src="…/widget.js"> in the page to read the settings from')
} else if (document.body === null) addEventListener("DOMContentLoaded", () => begin(page, script))
else begin(page, script)
