import { h, svg } from "./dom.ts"
import type { LoadBeside } from "./load-beside.ts"
import type { QrPath } from "./qr.ts"
import type { Say } from "./texts.ts"

/** The invite link as a QR code, for friends who stand beside the customer. It is drawn when it is shown. */
export class QrCode {
  readonly element = h("div", { class: "qr", hidden: "" })
  readonly #say: Say
  readonly #load: LoadBeside
  #url = ""
  #drawn = ""

  constructor(say: Say, load: LoadBeside) {
    this.#say = say
    this.#load = load
  }

  get isShown(): boolean {
    return !this.element.hidden
  }

  set url(url: string) {
    this.#url = url
    void this.#draw()
  }

  toggle(): void {
    this.element.hidden = this.isShown
    void this.#draw()
  }

  async #draw(): Promise<void> {
    const url = this.#url
    if (!this.isShown || this.#drawn === url) return
    this.#drawn = url
    try {
      const { qrPath } = (await this.#load("widget-qr.js")) as { readonly qrPath: (text: string) => QrPath }
      const { size, d } = qrPath(url)
      const drawing = svg(d, size)
      drawing.setAttribute("role", "img")
      drawing.setAttribute("aria-label", this.#say("invite.qr.label"))
      // A newer link may have been drawn meanwhile.
      if (url === this.#drawn) this.element.replaceChildren(drawing)
    } catch {
      this.#drawn = ""
      this.element.replaceChildren(h("p", { class: "hint", role: "status" }, this.#say("invite.qr.failed")))
    }
  }
}
