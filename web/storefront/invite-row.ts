import { button, h, icon, setText } from "./dom.ts"
import type { LoadBeside } from "./load-beside.ts"
import { QrCode } from "./qr-code.ts"
import type { Say } from "./texts.ts"

/** How long "Copied" is shown, in ms. */
const COPIED_MS = 2000

export interface InviteRowOptions {
  readonly say: Say
  /** Makes a link without which nobody can join; rejects if that was refused. */
  readonly onReplace: () => Promise<unknown>
  readonly load: LoadBeside
}

export interface InviteState {
  readonly url: string
  /** Nobody can join without such a link. */
  readonly isLimited: boolean
  /** The customer may replace the link. */
  readonly mayReplace: boolean
  /** Somebody has joined. */
  readonly hasGuests: boolean
}

/** The invite link: to copy, to share if the device can, and as a QR code. It is collapsed once somebody has joined. */
export class InviteRow {
  readonly element: HTMLDetailsElement
  readonly #field: HTMLInputElement
  readonly #say: Say
  readonly #copyLabel = h("span", { "aria-live": "polite" })
  readonly #hint = h("p", { class: "hint", role: "status" })
  readonly #replace: HTMLButtonElement
  readonly #qr: QrCode
  #reset: ReturnType<typeof setTimeout> | undefined
  #hadGuests = false

  constructor({ say, onReplace, load }: InviteRowOptions) {
    this.#say = say
    this.#qr = new QrCode(say, load)
    this.#field = h("input", {
      type: "text",
      readonly: "",
      "aria-label": say("invite.link"),
      class: "link",
      dir: "ltr",
    })
    this.#field.addEventListener("focus", () => this.#field.select())
    setText(this.#copyLabel, say("invite.copy"))
    const copy = button({ class: "copy" }, () => void this.#copy(), icon("copy"), this.#copyLabel)
    const row = h("div", { class: "row" }, this.#field, copy)
    if (typeof navigator.share === "function") {
      const share = button({ class: "share" }, () => this.#share(), icon("share"), say("invite.share"))
      row.append(share)
    }
    const toggleQr = (): void => {
      this.#qr.toggle()
      qr.setAttribute("aria-expanded", String(this.#qr.isShown))
    }
    const qr = button({ class: "quiet", "aria-expanded": "false" }, toggleQr, icon("qr"), say("invite.qr"))
    const replace = (): void => {
      // Refusals have notices of their own.
      onReplace().then(
        () => setText(this.#hint, `${say("invite.limited")} ${say("invite.hint.limited")}`),
        () => {},
      )
    }
    this.#replace = button({ class: "quiet" }, replace, icon("lock"), say("invite.limit"))
    this.element = h(
      "details",
      { class: "invite", open: "" },
      h("summary", {}, h("h3", {}, say("invite.title")), icon("chevron")),
      row,
      this.#hint,
      h("div", { class: "ways" }, qr, this.#replace),
      this.#qr.element,
    )
  }

  update({ url, isLimited, mayReplace, hasGuests }: InviteState): void {
    if (this.#field.value !== url) {
      this.#field.value = url
      this.#qr.url = url
      setText(this.#hint, this.#say(isLimited ? "invite.hint.limited" : "invite.hint"))
    }
    this.#replace.hidden = !mayReplace
    if (hasGuests !== this.#hadGuests) this.element.open = !hasGuests
    this.#hadGuests = hasGuests
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
