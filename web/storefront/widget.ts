import { avatar } from "./avatar.ts"
import { h, icon, setChildren, setText } from "./dom.ts"
import { SessionView } from "./session-view.ts"
import { errorText, type Say } from "./texts.ts"
import type { Together, TogetherState } from "./together.ts"
import { isInvited, Welcome } from "./welcome.ts"
import css from "./widget.css?inline"

/** How long a notice is shown beside the launcher, in ms. */
const NOTICE_MS = 5000
/** How many notices are shown at a time. */
const MAX_NOTICES = 3
/** How many avatars the launcher shows. */
const MAX_FACES = 3

export interface WidgetOptions {
  readonly together: Together
  readonly say: Say
  readonly theme: "auto" | "light" | "dark"
  readonly position: "left" | "right"
  readonly customerName: string
  readonly formatPrice: (amount: number) => string
  readonly onStart: (customerName: string) => void
  readonly onJoin: (customerName: string, sessionId: string) => void
  /** Whether the shop offers a checkout. */
  readonly canCheckout: () => boolean
  readonly onCheckout: () => void
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
  readonly #notice = h("div", { class: "notice", role: "status", "aria-live": "polite" })
  #phase: TogetherState["phase"] = "idle"

  constructor(options: WidgetOptions) {
    const { together, say, onStart, onJoin, canCheckout, onCheckout, formatPrice, customerName } = options
    this.#options = options
    this.#welcome = new Welcome({ say, customerName, onStart, onJoin, onCancel: () => void together.leave() })
    this.#session = new SessionView({
      say,
      formatPrice,
      canCheckout,
      onCheckout,
      onReady: (isReady) => together.setReady(isReady),
      onKick: (customerId) => together.kick(customerId),
      onLeave: () => void together.leave(),
      // Refusals have notices of their own.
      onLimit: () => void together.createInvite().catch(() => {}),
    })
    this.#launcher = h(
      "button",
      { type: "button", class: "launcher", "aria-controls": "panel", "aria-expanded": "false" },
      icon("together"),
      this.#faces,
      this.#launcherText,
    )
    this.#launcher.addEventListener("click", () => (this.isOpen ? this.close() : this.open()))
    const close = h("button", { type: "button", class: "icon close", "aria-label": say("panel.close") }, icon("close"))
    close.addEventListener("click", () => this.close())
    this.#heading = h("h2", { id: "title", tabindex: "-1" }, say("panel.title"))
    this.#body = h("div", { class: "body" })
    this.#panel = h(
      "div",
      { class: "panel", id: "panel", role: "dialog", "aria-labelledby": "title", hidden: "" },
      h("div", { class: "bar" }, this.#heading, this.#status, close),
      this.#body,
      this.#session.footer,
    )
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close()
    })
    const foot = h("div", { class: "foot" }, this.#launcher, this.#notice)
    // In the browser's top layer, the page's own elements cannot move, dim or cover it.
    const root = { class: `root ${options.position}`, "data-open": "false", popover: "manual" }
    this.#root = h("div", root, this.#panel, foot)
    this.#mount()
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
    if (this.#phase === "idle") this.#welcome.focus()
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
    const isOwn = (id: string): boolean => id === together.state.customerId
    events.on("change", (state) => this.#update(state))
    events.on("joined", ({ name }) => this.#tell(say("said.joined", { name })))
    events.on("left", ({ name }) => this.#tell(say("said.left", { name })))
    events.on("ready", ({ id, name }) => isOwn(id) || this.#tell(say("said.ready", { name })))
    events.on("notReady", ({ id, name }) => isOwn(id) || this.#tell(say("said.notReady", { name })))
    events.on("host", ({ id, name }) => this.#tell(isOwn(id) ? say("said.hostYou") : say("said.host", { name })))
    events.on("allReady", () => this.#tell(say("said.allReady")))
    events.on("refused", ({ code }) => this.#tell(errorText(say, code)))
  }

  #update(state: TogetherState): void {
    const { say } = this.#options
    const { phase, members } = state
    const isIn = phase === "live" || phase === "reconnecting"
    const hadFocus = this.#panel.contains(this.element.shadowRoot?.activeElement ?? null)
    this.#root.dataset.phase = phase
    setChildren(this.#body, [isIn ? this.#session.element : this.#welcome.element])
    this.#session.footer.hidden = !isIn
    if (isIn) this.#session.update(state)
    else this.#welcome.update(state)
    // The element with the focus may be gone with the previous view.
    if (hadFocus && !this.#panel.contains(this.element.shadowRoot?.activeElement ?? null)) this.#heading.focus()

    setText(this.#status, phase === "idle" ? "" : say(`status.${phase}`))
    this.#faces.replaceChildren(...(isIn ? members.slice(0, MAX_FACES).map(avatar) : []))
    setText(
      this.#launcherText,
      isIn
        ? say("launcher.live", { count: members.length })
        : say(isInvited(state) ? "launcher.invited" : "launcher.idle"),
    )
    if (phase === "reconnecting" && this.#phase === "live") this.#tell(say("status.reconnecting"))
    if (phase === "live" && this.#phase === "reconnecting") this.#tell(say("said.live"))
    this.#phase = phase
  }

  /** Shows a notice beside the launcher, and announces it to screen readers. */
  #tell(text: string): void {
    const line = h("p", {}, text)
    this.#notice.append(line)
    if (this.#notice.childElementCount > MAX_NOTICES) this.#notice.firstElementChild?.remove()
    setTimeout(() => line.remove(), NOTICE_MS)
  }
}
