import type { GroupRequest } from "@shopwire/client/session"
import { avatar } from "./avatar.ts"
import type { CartLine } from "./cart-lines.ts"
import { CartNews } from "./cart-news.ts"
import { button, h, icon, setChildren, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import { groupNews } from "./group-news.ts"
import type { Language } from "./language.ts"
import type { LoadBeside } from "./load-beside.ts"
import { namesApart } from "./names-apart.ts"
import { Notices } from "./notices.ts"
import { isWaitedFor } from "./nudge.ts"
import { Placement } from "./placement.ts"
import { ReadyBar } from "./ready-bar.ts"
import { SessionView } from "./session-view.ts"
import { errorText, type Say } from "./texts.ts"
import type { Together, TogetherState } from "./together.ts"
import { isInvited, Welcome } from "./welcome.ts"
import css from "./widget.css?inline"

/** How many avatars the launcher shows. */
const MAX_FACES = 3

export interface WidgetOptions {
  readonly together: Together
  readonly say: Say
  readonly language: Language
  readonly formats: Formats
  readonly theme: "auto" | "light" | "dark"
  readonly position: "left" | "right"
  /** The distance from the side and from the lower edge of the window, in px; undefined: as the styles say. */
  readonly offset: readonly [side: number, bottom: number] | undefined
  readonly pictureOrigins: readonly string[]
  readonly load: LoadBeside
  /** The name by which an invitation calls the shop. */
  readonly shopName: string
  readonly customerName: string
  readonly onStart: (customerName: string) => void
  readonly onJoin: (customerName: string, sessionId: string) => void
  /** Whether the shop offers a checkout. */
  readonly canCheckout: () => boolean
  readonly onCheckout: () => void
  /** Puts one piece of a friend's line into the customer's cart; undefined if the shop cannot. */
  readonly onAdd: () => ((line: CartLine["item"]) => void) | undefined
  /** Whether the shop lets lines move between its cart and those of friends. */
  readonly canMove: () => boolean
}

/**
 * What the customer sees: a launcher in the corner, and the panel that it opens. They are in a shadow root, so that the styles of
 * the page and the widget do not affect each other.
 */
export class Widget {
  readonly element = document.createElement("buddy-shopping")
  readonly #options: WidgetOptions
  readonly #root: HTMLElement
  readonly #launcher: HTMLButtonElement
  readonly #faces = h("span", { class: "faces" })
  readonly #launcherText = h("span", { class: "launcher-text" })
  readonly #panel: HTMLElement
  readonly #body: HTMLElement
  readonly #status = h("span", { class: "status" })
  readonly #heading: HTMLElement
  readonly #welcome: Welcome
  readonly #session: SessionView
  readonly #readyBar: ReadyBar
  readonly #notices = new Notices()
  readonly #cartNews: CartNews
  /** The names of present and former members, by ID. */
  readonly #names = new Map<string, string>()
  #state: TogetherState
  #isNudged = false

  constructor(options: WidgetOptions) {
    const { together, say, language, load, onStart, onJoin, canCheckout, onCheckout, formats, customerName } = options
    this.#options = options
    this.#state = together.state
    // Refusals have notices of their own.
    const onRequest = (request: GroupRequest): void => void together.request(request).catch(() => {})
    this.#welcome = new Welcome({
      say,
      customerName,
      shopName: options.shopName,
      onStart,
      onJoin,
      onCancel: () => void together.leave(),
    })
    this.#session = new SessionView({
      say,
      formats,
      load,
      pictureOrigins: options.pictureOrigins,
      onKick: (customerId) => together.kick(customerId),
      onAdd: options.onAdd,
      canMove: options.canMove,
      onReplaceLink: () => together.createInvite({ replace: true }),
      onRequest,
    })
    this.#readyBar = new ReadyBar({
      say,
      formats,
      canCheckout,
      onCheckout,
      onRequest,
      tell: this.#notices.tell,
      onReady: (isReady) => together.setReady(isReady),
      onLeave: () => void together.leave(),
    })
    this.#cartNews = new CartNews(say, this.#notices.tell)
    this.#launcher = button(
      { class: "launcher", "aria-controls": "panel", "aria-expanded": "false" },
      () => (this.isOpen ? this.close() : this.open()),
      icon("together"),
      this.#faces,
      this.#launcherText,
    )
    const closeLabel = say("panel.close")
    const close = button({ class: "icon close", "aria-label": closeLabel }, () => this.close(), icon("close"))
    this.#heading = h("h2", { id: "title", tabindex: "-1" }, say("panel.title"))
    this.#body = h("div", { class: "body" })
    this.#panel = h(
      "div",
      { class: "panel", id: "panel", role: "dialog", "aria-labelledby": "title", hidden: "" },
      h("div", { class: "bar" }, this.#heading, this.#status, close),
      this.#body,
      this.#readyBar.element,
    )
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close()
    })
    for (const part of [this.#panel, this.#launcher, this.#notices.element]) part.dir = language.direction
    const foot = h("div", { class: "foot" }, this.#launcher, this.#notices.element)
    // In the browser's top layer, the page's own elements cannot move, dim or cover it.
    const root = { class: `root ${options.position}`, "data-open": "false", popover: "manual", lang: language.locale }
    // Its sides are those of the window, whatever the page's direction.
    this.#root = h("div", { ...root, dir: "ltr" }, this.#panel, foot)
    this.#mount()
    new Placement(this.element, this.#root, this.#launcher).look()
    this.#listen()
    this.#update(together.state)
  }

  get isOpen(): boolean {
    return !this.#panel.hidden
  }

  /** Opens the panel, and moves the focus there unless the page opened it on its own. */
  open({ takeFocus = true }: { readonly takeFocus?: boolean } = {}): void {
    this.#panel.hidden = false
    this.#root.dataset.open = "true"
    this.#launcher.setAttribute("aria-expanded", "true")
    if (!takeFocus) return
    if (this.#state.phase === "idle") this.#welcome.focus()
    else this.#heading.focus()
  }

  close(): void {
    const hadFocus = this.#panel.contains(this.element.shadowRoot?.activeElement ?? null)
    this.#panel.hidden = true
    this.#root.dataset.open = "false"
    this.#launcher.setAttribute("aria-expanded", "false")
    if (hadFocus) this.#launcher.focus()
  }

  #mount(): void {
    // Inline and important, so that the page's styles do not override it, not even `* { … !important }`.
    const { style } = this.element
    style.setProperty("all", "initial", "important")
    style.setProperty("display", "contents", "important")
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    const shadow = this.element.attachShadow({ mode: "open" })
    shadow.adoptedStyleSheets = [sheet]
    shadow.append(this.#root)
    const [side, bottom] = this.#options.offset ?? []
    if (side !== undefined) this.#root.style.setProperty("--_side", `${side}px`)
    if (bottom !== undefined) this.#root.style.setProperty("--_bottom", `${bottom}px`)
    this.#followTheme()
    this.#show()
    // A page that changes without a load may replace its body, or the content of it.
    const observer = new MutationObserver(() => {
      if (this.element.isConnected) return
      this.#show()
      observer.observe(document.body, { childList: true })
    })
    observer.observe(document.documentElement, { childList: true })
    observer.observe(document.body, { childList: true })
  }

  #show(): void {
    document.body?.append(this.element)
    this.#root.showPopover?.()
  }

  #followTheme(): void {
    const { theme } = this.#options
    const dark = matchMedia("(prefers-color-scheme: dark)")
    const apply = (): void => {
      this.#root.dataset.scheme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme
    }
    dark.addEventListener("change", apply)
    apply()
  }

  #listen(): void {
    const { together, say } = this.#options
    const { events } = together
    const { tell } = this.#notices
    const isOwn = (id: string): boolean => id === together.state.customerId
    const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({
      name: this.#names.get(id) ?? name,
    })
    events.on("change", (state) => this.#update(state))
    events.on("joined", (member) => tell(say("said.joined", named(member))))
    events.on("left", (member) => tell(say("said.left", named(member))))
    events.on("ready", (member) => isOwn(member.id) || tell(say("said.ready", named(member))))
    events.on("notReady", (member) => isOwn(member.id) || tell(say("said.notReady", named(member))))
    events.on("host", (member) => tell(isOwn(member.id) ? say("said.hostYou") : say("said.host", named(member))))
    events.on("allReady", () => tell(say("said.allReady")))
    events.on("refused", ({ code }) => tell(errorText(say, code)))
  }

  #update(state: TogetherState): void {
    const { say, formats } = this.#options
    const { phase, members, customerId } = state
    for (const [id, name] of namesApart(members)) this.#names.set(id, name)
    const isIn = phase === "live" || phase === "reconnecting"
    const hadFocus = this.#panel.contains(this.element.shadowRoot?.activeElement ?? null)
    this.#root.dataset.phase = phase
    setChildren(this.#body, [isIn ? this.#session.element : this.#welcome.element])
    this.#readyBar.element.hidden = !isIn
    if (isIn) {
      this.#session.update(state, this.#names)
      this.#readyBar.update(state, this.#names)
    } else this.#welcome.update(state)
    // The element with the focus may be gone with the previous view.
    if (hadFocus && !this.#panel.contains(this.element.shadowRoot?.activeElement ?? null)) this.#heading.focus()

    setText(this.#status, phase === "idle" ? "" : say(`status.${phase}`))
    this.#faces.replaceChildren(...(isIn ? members.slice(0, MAX_FACES).map(avatar) : []))
    setText(
      this.#launcherText,
      isIn
        ? say(members.length > 1 ? "launcher.live" : "launcher.alone", { count: members.length })
        : say(isInvited(state) ? "launcher.invited" : "launcher.idle"),
    )
    const { tell } = this.#notices
    const before = this.#state
    this.#state = state
    if (phase === "reconnecting" && before.phase === "live") tell(say("status.reconnecting"))
    if (phase === "live" && before.phase === "reconnecting") tell(say("said.live"))
    for (const text of groupNews(before, state, this.#names, say, formats)) tell(text)
    this.#cartNews.update(state, this.#names)
    const isNudged = phase === "live" && isWaitedFor(members, customerId)
    // After the news of the friend who has become ready just now.
    if (isNudged && !this.#isNudged) queueMicrotask(() => tell(say("footer.nudge")))
    this.#isNudged = isNudged
    const own = members.find(({ id }) => id === customerId)
    this.#root.dataset.nudged = String(isNudged || Boolean(own?.nudged_at))
  }
}
