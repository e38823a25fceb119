import type { GroupRequest } from "@shopwire/client/session"
import { cartChanges } from "./cart-changes.ts"
import { type CartLine, cartLines } from "./cart-lines.ts"
import { h, setChildren, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import { HostTools } from "./host-tools.ts"
import { InviteRow } from "./invite-row.ts"
import { MemberCard } from "./member-card.ts"
import { OfferRows } from "./offer-rows.ts"
import { productsText } from "./products-text.ts"
import type { LoadBeside } from "./qr-code.ts"
import { SplitView } from "./split-view.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

export interface SessionViewOptions {
  readonly say: Say
  readonly formats: Formats
  readonly pictureOrigins: readonly string[]
  readonly load: LoadBeside
  readonly onKick: (customerId: string) => void
  /** Puts one piece of a friend's line into the customer's cart; undefined if the shop cannot. */
  readonly onAdd: () => ((line: CartLine["item"]) => void) | undefined
  /** Whether the shop lets lines move between its cart and those of friends. */
  readonly canMove: () => boolean
  /** The host wants an invite link that nobody can join without. Rejects if that was refused. */
  readonly onReplaceLink: () => Promise<unknown>
  /** Asks for something beside the carts. */
  readonly onRequest: (request: GroupRequest) => void
}

/** The view of a session: the carts of all members, and the invite link. */
export class SessionView {
  readonly element: HTMLElement
  readonly #options: SessionViewOptions
  readonly #invite: InviteRow
  readonly #cards = new Map<string, MemberCard>()
  readonly #list = h("ul", { class: "members" })
  readonly #stale: HTMLElement
  readonly #unsent = h("p", { class: "message", role: "status" })
  readonly #tools: HostTools
  readonly #split: SplitView
  readonly #offers: OfferRows
  readonly #elsewhere: HTMLElement

  constructor(options: SessionViewOptions) {
    const { say, formats, load, onReplaceLink, onRequest } = options
    this.#options = options
    this.#invite = new InviteRow({ say, load, onReplace: onReplaceLink })
    this.#stale = h("p", { class: "message" }, say("status.reconnecting.detail"))
    this.#tools = new HostTools(say, formats, onRequest)
    this.#offers = new OfferRows(say, onRequest)
    this.#split = new SplitView(say, formats, onRequest)
    this.#elsewhere = h("p", { class: "message" }, say("status.elsewhere"))
    this.element = h(
      "div",
      { class: "session" },
      this.#stale,
      this.#unsent,
      this.#elsewhere,
      this.#invite.element,
      this.#offers.element,
      this.#list,
      this.#split.element,
      this.#tools.element,
    )
  }

  update(state: TogetherState, names: ReadonlyMap<string, string>): void {
    const { phase, inviteUrl, invite, members, customerId, isElsewhere } = state
    const isLive = phase === "live"
    const isHost = members.some(({ id, isHost }) => id === customerId && isHost)
    this.#stale.hidden = isLive
    const isHeld = state.status !== undefined && state.status.phase !== "shopping"
    setText(this.#unsent, isLive && !isHeld ? "" : this.#unsentText(state))
    this.#elsewhere.hidden = !isLive || !isElsewhere
    if (inviteUrl !== undefined) {
      const hasGuests = members.length > 1
      this.#invite.update({ url: inviteUrl, isLimited: invite !== undefined, mayReplace: isLive && isHost, hasGuests })
    }
    this.#tools.update(state)
    this.#offers.update(state, names)
    this.#split.update(state, names)
    this.#updateCards(state, names, isLive && isHost)
  }

  /** The changes of the customer's cart that friends do not see yet. */
  #unsentText({ members, customerId, sharedCart }: TogetherState): string {
    const { say } = this.#options
    const own = members.find(({ id }) => id === customerId)
    if (own === undefined) return ""
    const [shared, now] = [sharedCart, own.content].map((content) => cartLines(content, location.origin))
    const { added, removed } = cartChanges(shared ?? [], now ?? [])
    const changed = [...added, ...removed]
    return changed.length === 0 ? "" : say("status.unsent", { products: productsText(changed, say) })
  }

  #updateCards(
    { phase, status, members, customerId }: TogetherState,
    names: ReadonlyMap<string, string>,
    mayKick: boolean,
  ): void {
    for (const id of this.#cards.keys()) if (!members.some((member) => member.id === id)) this.#cards.delete(id)
    const elements = members.map((member) => {
      const name = names.get(member.id) ?? member.name
      const card = this.#cards.get(member.id) ?? new MemberCard(member.id, name, this.#options)
      this.#cards.set(member.id, card)
      const isOwn = member.id === customerId
      const isOpen = phase === "live" && (status === undefined || status.phase === "shopping")
      card.update(member, {
        name,
        ownId: customerId ?? "",
        mayKick: mayKick && !isOwn,
        isOpen,
        // Servers of an earlier release know no offers.
        mayOffer: isOpen && status?.offers !== undefined && members.length > 1 && this.#options.canMove(),
        asked:
          status?.offers?.flatMap(({ by, to, line }) => (by === customerId && to === member.id ? [line ?? ""] : [])) ??
          [],
        disowned: status?.disowned?.flatMap(({ customer, line }) => (customer === member.id ? [line] : [])) ?? [],
      })
      return card.element
    })
    setChildren(this.#list, elements)
  }
}
