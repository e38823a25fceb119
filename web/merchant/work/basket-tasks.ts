import type { Basket } from "@shopwire/client"

/** What the staff does with a basket: claim it, give the claim back, mark it as done, take that back. */
export type BasketTask = "acknowledge" | "release" | "complete" | "reopen"

/** The task that takes another one back. */
export const undoing: Readonly<Record<BasketTask, BasketTask>> = {
  acknowledge: "release",
  release: "acknowledge",
  complete: "reopen",
  reopen: "complete",
}

/** What can be done with a basket now, the most likely first. A customer is still shopping in an open one, so it can't be done. */
export function tasksFor({ status, acknowledged_by, done_by }: Basket): readonly BasketTask[] {
  if (done_by !== null) return ["reopen"]
  if (acknowledged_by === null) return status === "open" ? ["acknowledge"] : ["acknowledge", "complete"]
  return status === "open" ? ["release"] : ["complete", "release"]
}
