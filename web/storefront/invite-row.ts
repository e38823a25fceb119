import { h, icon, setText } from "./dom.ts"
import type { Say } from "./texts.ts"

/** Time for which "Copied" is shown, in ms. */
const COPIED_MS = 2000

/** The invite link, with buttons to copy it, and to share it where the device can. */
export class InviteRow {
  readonly element: HTMLElement
  readonly #field: HTMLInputElement
  readonly #say: Say
  readonly #copyLabel = h("span", { "aria-live": "polite" })
  #reset: ReturnType<typeof setTimeout> | undefined

  constructor(say: Say) {
    this.#say = say
    this.#field = h("input", { type: "text", readonly: "", "aria-label": say("invite.link"), class: "link" })
    this.#field.addEventListener("focus", () => this.#field.select())
    setText(this.#copyLabel, say("invite.copy"))
    const copy = h("button", { type: "button", class: "copy" }, icon("copy"), this.#copyLabel)
    copy.addEventListener("click", () => void this.#copy())
    const row = h("div", { class: "row" }, this.#field, copy)
    if (typeof navigator.share === "function") {
      const share = h(
        "button",
        { type: "button", class: "icon share", "aria-label": say("invite.share") },
        icon("share"),
      )
      share.addEventListener("click", () => this.#share())
      row.append(share)
    }
    this.element = h(
      "section",
      { class: "invite", "aria-label": say("invite.title") },
      h("h3", {}, say("invite.title")),
      row,
      h("p", { class: "hint" }, say("invite.hint")),
    )
  }

  set url(url: string) {
    if (this.#field.value !== url) this.#field.value = url
  }

  async #copy(): Promise<void> {
    // A page without TLS has no clipboard: then the link is selected, and the customer told the keys.
    const copied = await navigator.clipboard?.writeText(this.#field.value).then(
      () => true,
      () => false,
    )
    if (!copied) this.#field.focus()
    setText(this.#copyLabel, this.#say(copied ? "invite.copied" : "invite.select"))
    clearTimeout(this.#reset)
    this.#reset = setTimeout(() => setText(this.#copyLabel, this.#say("invite.copy")), COPIED_MS)
  }

  #share(): void {
    // Whoever closes the dialog without sharing rejects the promise.
    navigator
      .share({ title: document.title, text: this.#say("invite.share.text"), url: this.#field.value })
      .catch(() => {})
  }
}
