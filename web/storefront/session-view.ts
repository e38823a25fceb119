import { areAllReady, waitedFor } from "@shopwire/client/session"
import { cartLines, totalOf } from "./cart-lines.ts"
import { h, icon, setChildren, setText } from "./dom.ts"
import { InviteRow } from "./invite-row.ts"
import { MemberCard } from "./member-card.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

export interface SessionViewOptions {
  readonly say: Say
  readonly formatPrice: (amount: number) => string
  readonly onReady: (isReady: boolean) => void
  readonly onKick: (customerId: string) => void
  readonly onLeave: () => void
  /** The host wants an invite link that nobody can join without. */
  readonly onLimit: () => void
  /** Whether the shop offers a way to its checkout. */
  readonly canCheckout: () => boolean
  readonly onCheckout: () => void
}

/** The view of a session: the invite link, all carts, and at the bottom who is ready. */
export class SessionView {
  readonly element: HTMLElement
  readonly footer: HTMLElement
  readonly #options: SessionViewOptions
  readonly #invite: InviteRow
  readonly #cards = new Map<string, MemberCard>()
  readonly #list = h("ul", { class: "members" })
  readonly #stale: HTMLElement
  readonly #elsewhere: HTMLElement
  readonly #total = h("span", { class: "amount" })
  readonly #ready: HTMLButtonElement
  readonly #reason = h("p", { class: "reason", id: "reason" })
  readonly #allReady: HTMLElement
  readonly #checkout: HTMLButtonElement
  #isLocked = true

  constructor(options: SessionViewOptions) {
    const { say } = options
    this.#options = options
    this.#invite = new InviteRow({ say, onLimit: options.onLimit })
    this.#stale = h("p", { class: "message" }, say("status.reconnecting.detail"))
    this.#elsewhere = h("p", { class: "message" }, say("status.elsewhere"))
    this.#ready = h(
      "button",
      { type: "button", role: "switch", class: "ready-switch", "aria-describedby": "reason" },
      h("span", { class: "track" }, h("span", { class: "thumb" }, icon("check"), icon("lock"))),
      h("span", {}, say("footer.ready")),
    )
    this.#ready.addEventListener("click", () => {
      if (!this.#isLocked) options.onReady(this.#ready.getAttribute("aria-checked") !== "true")
    })
    this.#checkout = h("button", { type: "button", class: "primary" }, say("footer.checkout"))
    this.#checkout.addEventListener("click", options.onCheckout)
    const allReady = h("span", {}, icon("check"), say("footer.allReady"))
    this.#allReady = h("div", { class: "all-ready" }, allReady, this.#checkout)
    const leave = h("button", { type: "button", class: "quiet leave" }, say("panel.leave"))
    leave.addEventListener("click", options.onLeave)
    this.element = h("div", { class: "session" }, this.#stale, this.#elsewhere, this.#invite.element, this.#list)
    this.footer = h(
      "div",
      { class: "ready-bar" },
      this.#allReady,
      this.#ready,
      this.#reason,
      h("div", { class: "sum" }, h("span", {}, say("footer.total"), " ", this.#total), leave),
    )
  }

  update({ phase, inviteUrl, invite, members, customerId, isElsewhere }: TogetherState): void {
    const { say, formatPrice, canCheckout } = this.#options
    const own = members.find(({ id }) => id === customerId)
    const isLive = phase === "live"
    this.#stale.hidden = isLive
    this.#elsewhere.hidden = !isLive || !isElsewhere
    if (inviteUrl !== undefined) {
      this.#invite.update({ url: inviteUrl, isLimited: invite !== undefined, mayLimit: isLive && own?.isHost === true })
    }
    this.#updateCards(members, customerId, isLive && own?.isHost === true)

    const totals = members.map(({ content }) => totalOf(cartLines(content, location.origin)) ?? 0)
    setText(this.#total, formatPrice(totals.reduce((sum, amount) => sum + amount, 0)))

    const isReady = own?.isReady === true
    const waiting = isReady ? [] : waitedFor(members, customerId)
    this.#isLocked = !isLive || waiting.length > 0
    this.#ready.setAttribute("aria-checked", String(isReady))
    this.#ready.setAttribute("aria-disabled", String(this.#isLocked))
    const names = waiting.map(({ name }) => name)
    setText(this.#reason, isLive ? (names.length === 0 ? "" : say("footer.wait", { names })) : say("footer.offline"))
    this.#allReady.hidden = !areAllReady(members)
    this.#checkout.hidden = !canCheckout()
  }

  #updateCards(members: TogetherState["members"], ownId: string | undefined, mayKick: boolean): void {
    const { say, formatPrice, onKick } = this.#options
    for (const id of this.#cards.keys()) if (!members.some((member) => member.id === id)) this.#cards.delete(id)
    const elements = members.map((member) => {
      const card = this.#cards.get(member.id) ?? new MemberCard(member, { say, formatPrice, onKick })
      this.#cards.set(member.id, card)
      const isOwn = member.id === ownId
      card.update(member, { isOwn, mayKick: mayKick && !isOwn })
      return card.element
    })
    setChildren(this.#list, elements)
  }
}
