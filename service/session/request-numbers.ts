import type { RequestNumber } from "res-service"

/** The highest request number for each requester and setting. The most recent requester comes last. */
export type RequestNumbers = Readonly<Record<string, Readonly<Record<string, number>>>>

/** What the numbers of a cart are of. */
export const CART = "cart"

/** Most requesters that a member or a cart remembers. */
const MAX_REQUESTERS = 3

/** Whether a request of the same requester, which was sent later, has set this. */
export function isOvertaken(numbers: RequestNumbers | undefined, setting: string, request: RequestNumber): boolean {
  return request.number < (numbers?.[request.requester]?.[setting] ?? 0)
}

/** Adds a request that has set these. */
export function withRequest(
  numbers: RequestNumbers | undefined,
  settings: readonly string[],
  { requester, number }: RequestNumber,
): RequestNumbers {
  const { [requester]: known = {}, ...others } = numbers ?? {}
  const own = { ...known }
  for (const setting of settings) own[setting] = Math.max(number, known[setting] ?? 0)
  const kept = Object.entries(others).slice(1 - MAX_REQUESTERS)
  return { ...Object.fromEntries(kept), [requester]: own }
}
