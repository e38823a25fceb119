import type { GroupStatus } from "@shopwire/client/session"
import type { Formats } from "./formats.ts"
import { offersTo, offerText } from "./offers.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

type Shown = Pick<TogetherState, "status" | "customerId">

/** What is told of a change of the group's status; empty for the first one. */
export function groupNews(
  before: Shown,
  { status, customerId }: Shown,
  names: ReadonlyMap<string, string>,
  say: Say,
  formats: Formats,
): string[] {
  const old = before.status
  if (old === undefined || status === undefined) return []
  const told: string[] = []
  const { phase, payer, deadline } = status
  const name = names.get(payer ?? "") ?? ""
  if (phase !== old.phase) {
    if (phase === "locked" && old.phase === "shopping")
      told.push(say(status.locked_by === "deadline" ? "group.locked.deadline" : "group.locked"))
    if (phase === "shopping") told.push(say("said.unlocked"))
    if (old.phase === "checkingOut" && phase !== "ordered") told.push(say("said.cancelled"))
    if (payer !== customerId && phase === "checkingOut") told.push(say("group.checkingOut", { name }))
    if (payer !== customerId && phase === "ordered") told.push(say("said.ordered", { name }))
  }
  if (deadline !== old.deadline && deadline !== null && phase === "shopping")
    told.push(say("group.lockedAt", { time: formats.time(deadline) }))
  const nudge = ownNudge(status, customerId)
  if (nudge?.nudged_at && nudge.nudged_at !== ownNudge(old, customerId)?.nudged_at)
    told.push(say("said.nudged", { name: names.get(nudge.nudged_by ?? "") ?? "" }))
  const asked = new Set(offersTo(customerId, old).map(({ id }) => id))
  for (const offer of offersTo(customerId, status)) if (!asked.has(offer.id)) told.push(offerText(offer, names, say))
  return told
}

/** The own member, with the last nudge that it got. */
function ownNudge(status: Shown["status"], customerId: string | undefined): GroupStatus["members"][number] | undefined {
  return status?.members.find(({ id }) => id === customerId)
}
