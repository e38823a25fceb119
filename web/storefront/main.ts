import { browserSocket } from "./browser-socket.ts"
import type { BuddyShopping } from "./buddy-shopping.ts"
import { type Ecwid, ecwidCart } from "./ecwid.ts"
import { isSessionId, withoutInvite } from "./invite.ts"
import { Memory, type Shelf } from "./memory.ts"
import { sayer, type Texts } from "./texts.ts"
import { Together, type TogetherState } from "./together.ts"
import { Widget } from "./widget.ts"

/** Where the name is kept that the customer gave last. */
const NAME_KEY = "buddyshopping:name"
/** After so long out of sight, in ms, it is asked whether the connection still is one: the device may have slept. */
const UNSEEN_MS = 30_000

/** What a page may set before the script: the texts of its language. */
interface Page {
  BuddyShopping?: BuddyShopping
  BuddyShoppingTexts?: Texts
  Ecwid?: Ecwid
}

function start(page: Page, script: HTMLScriptElement): void {
  const { edge, customerName, theme, position, currency, protocol, invitePage } = script.dataset
  const edgeUrl = (edge ?? new URL(script.src, location.href).origin).replace(/\/+$/, "")
  if (!/^https?:\/\//.test(edgeUrl)) throw new TypeError(`data-edge=${edgeUrl}: expected an http or https URL`)

  const local = shelf(() => localStorage)
  const together = new Together({
    memory: new Memory(
      edgeUrl,
      shelf(() => sessionStorage),
    ),
    connect: (sessionId, handlers) => browserSocket(edgeUrl, sessionId, protocol, handlers),
    page: new URL(invitePage ?? location.href, location.href).href,
  })

  let source = ecwidCart(page)
  let unwatch: (() => void) | undefined
  // The shop's cart is not looked at before somebody shops together.
  const watchCart = (): void => {
    unwatch ??= source.watch((cart) => together.setCart(cart))
  }
  const plainPrice = new Intl.NumberFormat(
    document.documentElement.lang || undefined,
    currency === undefined ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { style: "currency", currency },
  )

  const enter = async (coming: Promise<void>, name: string): Promise<TogetherState> => {
    try {
      local?.setItem(NAME_KEY, name)
    } catch {
      // Full: then the name has to be given again.
    }
    await coming
    return together.state
  }
  const nameOr = (name: string | undefined): string => name ?? customerName ?? local?.getItem(NAME_KEY) ?? "Guest"
  const api: BuddyShopping = {
    get state() {
      return together.state
    },
    start: async ({ name, sessionId } = {}) => {
      const given = nameOr(name)
      return await enter(together.start(given, sessionId === undefined ? undefined : checked(sessionId)), given)
    },
    join: async (sessionId, { name, invite } = {}) => {
      const given = nameOr(name)
      return await enter(together.join(given, checked(sessionId), invite), given)
    },
    createInvite: (limits) => together.createInvite(limits),
    leave: () => together.leave(),
    setReady: (isReady) => together.setReady(isReady),
    kick: (customerId) => together.kick(customerId),
    open: () => widget.open(),
    close: () => widget.close(),
    useCart: (given) => {
      const wasWatching = unwatch !== undefined
      unwatch?.()
      unwatch = undefined
      source = given
      if (wasWatching) watchCart()
    },
    on: (name, listener) => together.events.on(name, listener),
  }

  together.events.on("change", ({ phase }) => {
    if (phase !== "idle") watchCart()
  })
  together.events.on("ended", ({ ending }) => {
    // Else a reload would invite again who has left.
    if (ending === "left" || ending === "removed") {
      history.replaceState(history.state, "", withoutInvite(location.href))
    }
  })
  together.begin(location.href)

  // The panel tells what went wrong; a shop that calls the API gets the error.
  const quietly = (coming: Promise<unknown>): void => {
    coming.catch(() => {})
  }
  const widget = new Widget({
    together,
    say: sayer(page.BuddyShoppingTexts ?? {}),
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    position: position === "left" ? "left" : "right",
    customerName: customerName ?? local?.getItem(NAME_KEY) ?? "",
    formatPrice: (amount) => source.formatPrice?.(amount) ?? plainPrice.format(amount),
    onStart: (name) => quietly(api.start({ name })),
    onJoin: (name, sessionId) => {
      const isOver = together.state.ending === "session.notStarted"
      quietly(isOver ? api.start({ name, sessionId }) : api.join(sessionId, { name }))
    },
    canCheckout: () => source.checkout !== undefined,
    onCheckout: () => source.checkout?.(),
  })
  if (together.state.phase === "idle" && together.state.sessionId !== undefined) widget.open({ takeFocus: false })

  keepConnected(together)
  page.BuddyShopping = api
  document.dispatchEvent(new CustomEvent("buddyshopping", { detail: api }))
}

/** A connection that died while nobody was looking is found out when somebody looks again. */
function keepConnected(together: Together): void {
  addEventListener("online", () => together.reconnect())
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) together.reconnect()
  })
  let unseenSince = Infinity
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") unseenSince = Date.now()
    else if (Date.now() - unseenSince > UNSEEN_MS) together.probe()
  })
}

function checked(sessionId: string): string {
  if (!isSessionId(sessionId)) throw new TypeError(`${sessionId}: expected 1 to 64 letters, digits, _ or -`)
  return sessionId
}

/** A storage of the browser; undefined where the page may have none. */
function shelf(get: () => Shelf): Shelf | undefined {
  try {
    return get()
  } catch {
    return undefined
  }
}

const script = document.currentScript
const page: Page = window as Page
// A page that has the script twice has one widget.
if (script instanceof HTMLScriptElement && page.BuddyShopping === undefined) {
  if (document.body === null) addEventListener("DOMContentLoaded", () => start(page, script))
  else start(page, script)
}
