import type { RequestNumber } from "res-service"

/** The highest numbers of requests that have set something: by requester, the last one last, and by what they have set. */
export type Requests = Readonly<Record<string, Readonly<Record<string, number>>>>

/** The name of a cart among what is set. */
export const CART = "cart"

/** Of so many requesters a session or member remembers requests: people usually stay with one gateway or edge. */
const MAX_REQUESTERS = 3
/** Of so many settings of one requester: a member may disown each line of a long cart. */
const MAX_SETTINGS = 20

/** Whether a later request of the same requester has set this. */
export function isOvertaken(requests: Requests | undefined, setting: string, request: RequestNumber): boolean {
  return request.number < (requests?.[request.requester]?.[setting] ?? 0)
}

/** With one more request, which has set these. */
export function withRequest(
  requests: Requests | undefined,
  settings: readonly string[],
  { requester, number }: RequestNumber,
): Requests {
  const { [requester]: known = {}, ...others } = requests ?? {}
  const rest = Object.entries(known).filter(([setting]) => !settings.includes(setting))
  const fresh = settings.map((setting): [string, number] => [setting, Math.max(number, known[setting] ?? 0)])
  const own = Object.fromEntries([...rest, ...fresh].slice(-MAX_SETTINGS))
  return Object.fromEntries([...Object.entries(others).slice(1 - MAX_REQUESTERS), [requester, own]])
}
