import { type GroupRequest, waitedFor } from "@shopwire/client/session"
import { cartChanges } from "./cart-changes.ts"
import { type CartLine, cartLines } from "./cart-lines.ts"
import { h, setChildren, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import { InviteRow } from "./invite-row.ts"
import { LateTools } from "./late-tools.ts"
import type { LoadBeside } from "./load-beside.ts"
import { MemberCard } from "./member-card.ts"
import { canAnswer } from "./offers.ts"
import { productsText } from "./products-text.ts"
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
  readonly #tools: LateTools
  readonly #elsewhere: HTMLElement
  #showAgain = (): void => {}

  constructor(options: SessionViewOptions) {
    const { say, load, onReplaceLink } = options
    this.#options = options
    this.#invite = new InviteRow({ say, load, onReplace: onReplaceLink })
    this.#stale = h("p", { class: "message" }, say("status.reconnecting.detail"))
    this.#tools = new LateTools(options, () => this.#showAgain())
    this.#elsewhere = h("p", { class: "message" }, say("status.elsewhere"))
    this.element = h(
      "div",
      { class: "session" },
      this.#stale,
      this.#unsent,
      this.#elsewhere,
      this.#invite.element,
      this.#tools.offers,
      this.#list,
      this.#tools.element,
    )
  }

  update(state: TogetherState, names: ReadonlyMap<string, string>): void {
    this.#showAgain = () => this.update(state, names)
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
    this.#tools.update(state, names)
    this.#updateCards(state, names, isHost)
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
    isHost: boolean,
  ): void {
    for (const id of this.#cards.keys()) if (!members.some((member) => member.id === id)) this.#cards.delete(id)
    const isOpen = phase === "live" && (status === undefined || status.phase === "shopping")
    // Servers of an earlier release know no offers.
    const mayOffer = status?.offers !== undefined && members.length > 1 && this.#options.canMove()
    const friends = members.flatMap((member) =>
      member.id !== customerId && canAnswer(member) ? [{ id: member.id, name: names.get(member.id) ?? "" }] : [],
    )
    const isWaiting = isHost || members.some(({ id, isReady }) => id === customerId && isReady)
    const mayNudge = phase === "live" && isWaiting && (status?.phase === "shopping" || status?.phase === "locked")
    const elements = members.map((member) => {
      const name = names.get(member.id) ?? member.name
      const card = this.#cards.get(member.id) ?? new MemberCard(name, this.#options)
      this.#cards.set(member.id, card)
      const isOwn = member.id === customerId
      const shown = {
        name,
        ownId: customerId ?? "",
        isHost,
        // The host cannot be ready before its guests.
        mayNudge: mayNudge && waitedFor(members, member.id).length === 0,
        mayKick: phase === "live" && isHost && !isOwn,
        isOpen,
        mayOffer: isOpen && mayOffer,
        friends,
        offers: status?.offers?.filter(({ by }) => by === customerId) ?? [],
        disowned: status?.disowned?.flatMap(({ customer, line }) => (customer === member.id ? [line] : [])) ?? [],
      }
      card.update(member, shown, this.#tools.loaded)
      return card.element
    })
    setChildren(this.#list, elements)
  }
}
