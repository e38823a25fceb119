import type { RequestNumber } from "res-service"
import { serviceError } from "../../contract/errors.ts"
import { notTried } from "../../contract/unavailable.ts"
import { sameSecret } from "../same-secret.ts"
import { updateCart } from "./cart.ts"
import { cartChanged } from "./cart-content.ts"
import { beginCheckout, cancelCheckout, completeCheckout, setSplit, shopAgain } from "./checkout.ts"
import type { SessionCommand } from "./command.ts"
import { expire, join, kick, leave, releaseConnection, start } from "./entry.ts"
import { Happening } from "./happening.ts"
import { disown, removeItem, setItem } from "./items.ts"
import { isLate, noteRequest } from "./late-requests.ts"
import { lock, setDeadline, unlock } from "./lock.ts"
import { nudge } from "./nudge.ts"
import { answerOffer, askForLine, offerItem } from "./offers.ts"
import { setReady, settleHost } from "./ready.ts"
import type { Session, SessionEvent } from "./session.ts"
import { link, passHostOnline } from "./shop-member.ts"
import { tick } from "./tick.ts"

/**
 * The events that a command causes. The events of a new session begin with `created`; when the last member leaves, they end with `ended`.
 * A request whose place a later one has taken causes none.
 *
 * @param request which request asks for it; undefined if it has no number
 * @throws {ResError} `session.hostPresent` · `session.notStarted` · `session.full` · `session.notMember` ·
 *   `session.notHost` · `session.guestsNotReady` · `session.wrongResumeToken` · `session.inviteNeeded` · `session.otherShop` · `session.removedByHost` ·
 *   `session.inviteExpired` · `session.inviteUsedUp` · `session.cartChanged` · `session.cartEmpty` · `session.locked` ·
 *   `session.checkingOut` · `session.ordered` · `session.deadlineOutOfRange` · `session.notEverybodyReady` ·
 *   `session.noSuchLine` · `session.noSuchOffer` · `session.cannotAnswer` · `session.itemTooLarge` · `session.tooManyOffers` ·
 *   `session.alreadyCheckingOut` · `session.notCheckingOut` · `session.notPayer` · `session.notOrdered` · `system.serviceUnavailable`: a
 *   late entry or resume
 */
export function decide(
  session: Session | undefined,
  command: SessionCommand,
  request?: RequestNumber,
): readonly SessionEvent[] {
  if (request !== undefined && isLate(session, command, request)) return decideLate(session, command)
  const happening = new Happening(session, request && "id" in command ? { id: command.id, request } : undefined)
  switch (command.type) {
    case "start":
      start(happening, command.newcomer)
      if (command.shopId !== undefined && happening.session?.shopId === undefined)
        happening.add({ type: "shopSet", shopId: command.shopId })
      break
    case "join":
      join(happening, command.newcomer)
      break
    case "link":
      link(happening, command.newcomer, command.basket)
      break
    case "updateCart":
      updateCart(happening, command.id, command.content)
      break
    case "setReady":
      setReady(happening, command)
      break
    case "resume":
      if (!sameSecret(happening.member(command.id).resumeHash, command.resumeHash))
        throw serviceError("session.wrongResumeToken")
      releaseConnection(happening, command.cid, command.id)
      happening.add({ type: "resumed", id: command.id, cid: command.cid, at: command.at })
      break
    case "leave":
      leave(happening, happening.member(command.id).id)
      break
    case "invite":
      happening.checkHost(command.by)
      if (command.replace || happening.session?.invites === undefined)
        happening.add({ type: "closed", inviteKey: command.key })
      break
    case "kick":
      kick(happening, command.by, command.id)
      break
    case "disconnect":
      for (const { id } of happening.membersWhere(({ cid }) => cid === command.cid)) {
        happening.add({ type: "becameAbsent", id, at: command.at })
      }
      break
    case "lose":
      for (const { id } of happening.membersWhere(({ cid }) => cid === command.cid)) {
        happening.add({ type: "becameAbsent", id, lostCid: command.cid, at: command.at })
      }
      break
    case "return":
      for (const { id } of happening.membersWhere(({ lostCid }) => lostCid === command.cid)) {
        happening.add({ type: "resumed", id, cid: command.cid, at: command.at })
      }
      break
    case "setItem":
      setItem(happening, command)
      break
    case "removeItem":
      removeItem(happening, command)
      break
    case "disown":
      disown(happening, command)
      break
    case "offerItem":
      offerItem(happening, command)
      break
    case "askForLine":
      askForLine(happening, command)
      break
    case "answerOffer":
      answerOffer(happening, command)
      break
    case "nudge":
      nudge(happening, command)
      break
    case "setIdle":
      setIdle(happening, command)
      break
    case "hide":
      for (const { id, hidden } of happening.absent(command.ids)) {
        if (hidden !== true) happening.add({ type: "hidden", id })
      }
      break
    case "expire":
      expire(happening, command)
      break
    case "lock":
      lock(happening, command.by, command.at)
      break
    case "unlock":
      unlock(happening, command.by, command.at)
      break
    case "setDeadline":
      setDeadline(happening, command)
      break
    case "setSplit":
      setSplit(happening, command.by, command.split)
      break
    case "beginCheckout":
      beginCheckout(happening, command.id, command.at)
      break
    case "cancelCheckout":
      cancelCheckout(happening, command.by)
      break
    case "completeCheckout":
      completeCheckout(happening, command)
      break
    case "shopAgain":
      shopAgain(happening, command.by)
      break
    case "tick":
      tick(happening, command.at)
      break
  }
  passHostOnline(happening)
  settleHost(happening)
  if (request !== undefined) noteRequest(happening, command, request)
  return happening.events
}

/**
 * A late request counts as if it had come first, or is refused: an entry would move its member to a connection that the client has given up,
 * or remove the member that has the connection now.
 */
function decideLate(session: Session | undefined, command: SessionCommand): readonly SessionEvent[] {
  switch (command.type) {
    case "start":
    case "join":
    case "resume":
      throw notTried("A later request of this connection or customer has come before this one")
    case "setItem":
    case "removeItem":
      throw cartChanged(new Happening(session).member(command.id).content)
    default:
      return []
  }
}

function setIdle(happening: Happening, { id, idle, at }: Extract<SessionCommand, { type: "setIdle" }>): void {
  if ((happening.member(id).idle ?? false) !== idle) happening.add({ type: "idleSet", id, idle, at })
}
