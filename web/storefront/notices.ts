import { h } from "./dom.ts"

/** How long a notice is shown, in ms. */
const NOTICE_MS = 5000
/** How many notices are shown at a time. */
const MAX_NOTICES = 3

/** Short texts beside the launcher, which screen readers announce. */
export class Notices {
  readonly element = h("div", { class: "notice", role: "status", "aria-live": "polite" })

  readonly tell = (text: string): void => {
    const line = h("p", {}, text)
    this.element.append(line)
    if (this.element.childElementCount > MAX_NOTICES) this.element.firstElementChild?.remove()
    setTimeout(() => line.remove(), NOTICE_MS)
  }
}
