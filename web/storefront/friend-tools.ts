import type { GroupRequest, Member } from "@shopwire/client/session"
import { button, h, icon, setText } from "./dom.ts"
import type { CardState } from "./member-card.ts"
import { canAnswer } from "./offers.ts"
import type { Say } from "./texts.ts"

interface FriendToolsOptions {
  readonly say: Say
  readonly onKick: (id: string) => void
  readonly onRequest: (request: GroupRequest) => void
}

/** What the customer can do with a friend: ask whether it is ready, and as host remove it. */
export class FriendTools {
  readonly nudge: HTMLButtonElement
  readonly kick: HTMLButtonElement
  /** Asks whether to remove the friend. */
  readonly question: HTMLElement
  readonly #say: Say
  #ownId = ""

  constructor(id: string, name: string, { say, onKick, onRequest }: FriendToolsOptions) {
    this.#say = say
    this.nudge = button({ class: "quiet nudge" }, () =>
      onRequest({ event: "nudge", payload: { customerId: this.#ownId, to: id } }),
    )
    const ask = (isAsking: boolean, focused?: HTMLButtonElement): void => {
      this.question.hidden = !isAsking
      focused?.focus()
    }
    const kickLabel = say("member.kick", { name })
    this.kick = button({ class: "icon kick", "aria-label": kickLabel }, () => ask(true, no), icon("remove"))
    const kick = (): void => {
      ask(false)
      onKick(id)
    }
    const yes = button({ class: "small danger" }, kick, say("member.kick.yes"))
    const no = button({ class: "small" }, () => ask(false, this.kick), say("member.kick.no"))
    this.question = h(
      "div",
      { class: "question", role: "group", hidden: "" },
      h("span", {}, say("member.kick.question", { name })),
      yes,
      no,
    )
  }

  update(member: Member, { ownId, name: of, mayKick, mayNudge }: CardState): void {
    this.#ownId = ownId
    this.kick.hidden = !mayKick
    if (!mayKick) this.question.hidden = true
    const { id, isReady, presence, nudged_at: nudgedAt } = member
    const isWaitedFor = id !== ownId && !isReady && presence !== "away" && canAnswer(member)
    // Servers of an earlier release know no nudges.
    this.nudge.hidden = !(mayNudge && isWaitedFor && nudgedAt !== undefined)
    const choice = this.#say(nudgedAt ? "member.nudge.again" : "member.nudge")
    setText(this.nudge, choice)
    this.nudge.setAttribute("aria-label", this.#say("choice.of", { choice, of }))
  }
}
