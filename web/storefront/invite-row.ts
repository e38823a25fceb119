import { h, icon, setText } from "./dom.ts"
import type { Say } from "./texts.ts"

/** How long "Copied" is shown, in ms. */
const COPIED_MS = 2000

/** The invite link, with a button to copy it, and one to share it if the device can. */
export class InviteRow {
  readonly element: HTMLElement
  readonly #field: HTMLInputElement
  readonly #say: Say
  readonly #copyLabel = h("span", { "aria-live": "polite" })
  readonly #hint = h("p", { class: "hint" })
  readonly #limit: HTMLButtonElement
  #reset: ReturnType<typeof setTimeout> | undefined

  constructor({ say, onLimit }: { readonly say: Say; readonly onLimit: () => void }) {
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
    this.#limit = h("button", { type: "button", class: "quiet limit" }, icon("lock"), say("invite.limit"))
    this.#limit.addEventListener("click", onLimit)
    this.element = h(
      "section",
      { class: "invite", "aria-label": say("invite.title") },
      h("h3", {}, say("invite.title")),
      row,
      this.#hint,
      this.#limit,
    )
  }

  /** `isLimited`: nobody can join without such a link. `mayLimit`: the customer may make one. */
  update({ url, isLimited, mayLimit }: { url: string; isLimited: boolean; mayLimit: boolean }): void {
    if (this.#field.value !== url) this.#field.value = url
    setText(this.#hint, this.#say(isLimited ? "invite.hint.limited" : "invite.hint"))
    this.#limit.hidden = !mayLimit
  }

  async #copy(): Promise<void> {
    // A page without TLS has no clipboard. It selects the link instead, and says which keys to press.
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
    // The promise rejects if the customer closes the dialog without sharing.
    navigator
      .share({ title: document.title, text: this.#say("invite.share.text"), url: this.#field.value })
      .catch(() => {})
  }
}
