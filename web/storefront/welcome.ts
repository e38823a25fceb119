import { button, h, icon, setText } from "./dom.ts"
import { errorText, type Say } from "./texts.ts"
import { isFinal, type TogetherState } from "./together.ts"

export interface WelcomeOptions {
  readonly say: Say
  /** The name that the customer entered last, or that the shop knows. */
  readonly customerName: string
  readonly onStart: (customerName: string) => void
  readonly onJoin: (customerName: string, sessionId: string) => void
  readonly onCancel: () => void
  /** The name by which an invitation calls the shop. */
  readonly shopName: string
}

/** The view outside a session: it asks for the name, and offers to start or join. */
export class Welcome {
  readonly element: HTMLElement
  readonly #options: WelcomeOptions
  readonly #intro = h("p", { class: "intro" })
  readonly #message = h("p", { class: "message", role: "status" })
  readonly #name: HTMLInputElement
  readonly #enter = h("button", { type: "submit", class: "primary" })
  readonly #cancel: HTMLButtonElement
  #state: TogetherState | undefined

  constructor(options: WelcomeOptions) {
    const { say } = options
    this.#options = options
    this.#name = h("input", {
      type: "text",
      id: "name",
      name: "name",
      maxlength: "100",
      required: "",
      autocomplete: "given-name",
      "aria-describedby": "name-hint",
    })
    this.#name.value = options.customerName
    this.#cancel = button({ class: "quiet" }, () => options.onCancel(), say("welcome.cancel"))
    const form = h(
      "form",
      {},
      h("label", { for: "name" }, say("welcome.name")),
      this.#name,
      h("p", { class: "hint", id: "name-hint" }, say("welcome.name.hint")),
      this.#enter,
      this.#cancel,
    )
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#submit()
    })
    this.element = h(
      "div",
      { class: "welcome" },
      h("div", { class: "mark" }, icon("together")),
      this.#intro,
      this.#message,
      form,
    )
  }

  update(state: TogetherState): void {
    this.#state = state
    const { say } = this.#options
    const { phase, ending } = state
    setText(this.#intro, this.#introText(state))
    setText(this.#message, ending === undefined ? "" : endingText(say, ending))
    setText(
      this.#enter,
      phase === "entering"
        ? say("status.entering")
        : say(canRestart(state) ? "welcome.restart" : isInvited(state) ? "welcome.join" : "welcome.start"),
    )
    this.#enter.setAttribute("aria-disabled", String(phase === "entering"))
    this.#name.readOnly = phase === "entering"
    this.#cancel.hidden = phase !== "entering"
  }

  #introText(state: TogetherState): string {
    const { say, shopName } = this.#options
    if (!isInvited(state)) return say("welcome.intro")
    const { invitedBy: host } = state
    return host === undefined ? say("welcome.invited") : say("welcome.invited.host", { host, shop: shopName })
  }

  focus(): void {
    this.#name.focus()
  }

  #submit(): void {
    const name = this.#name.value.trim()
    const state = this.#state
    if (name === "" || state === undefined || state.phase === "entering") return
    const { onStart, onJoin } = this.#options
    if (state.sessionId !== undefined && isInvited(state)) onJoin(name, state.sessionId)
    else onStart(name)
  }
}

/** True if there is a session to join, which the customer has not left or been removed from. */
export function isInvited({ isInvited, ending }: TogetherState): boolean {
  return isInvited && !isFinal(ending)
}

/** True if nobody is in the session any more: then it has to be started again. */
export function canRestart({ ending }: TogetherState): boolean {
  return ending === "session.notStarted"
}

function endingText(say: Say, ending: string): string {
  if (ending === "left" || ending === "leftElsewhere" || ending === "removed") return say(`over.${ending}`)
  return errorText(say, ending)
}
