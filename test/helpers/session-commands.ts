import { ResError } from "res-service"
import { versionOf } from "../../service/session/cart-content.ts"
import type { Newcomer, SessionCommand } from "../../service/session/command.ts"
import { decide } from "../../service/session/decide.ts"
import { evolve, type Session } from "../../service/session/session.ts"
import { shopCid } from "../../service/session/shop-member.ts"
import type { BasketRef } from "../../service/shared-baskets.ts"

export const newcomer = (id: string, cid = `conn-${id}`): Newcomer => ({
  id,
  name: id.toUpperCase(),
  cid,
  resumeHash: `hash-${id}`,
  at: 0,
  invite: undefined,
  client: "other",
})

/** The session after some commands; all of them must be accepted. */
export function sessionAfter(...commands: SessionCommand[]): Session | undefined {
  return laterThan(undefined, ...commands)
}

/** A session after some more commands; all of them must be accepted. */
export function laterThan(session: Session | undefined, ...commands: SessionCommand[]): Session | undefined {
  return commands.reduce((before, command) => decide(before, command).reduce(evolve, before), session)
}

/** The code with which a command is refused; undefined: it is accepted. */
export function refusal(session: Session | undefined, command: SessionCommand): string | undefined {
  const error = refusalOf(session, command)
  if (error === undefined) return undefined
  return error instanceof ResError ? error.code : String(error)
}

/** The error with which a command is refused; undefined: it is accepted. */
export function refusalOf(session: Session | undefined, command: SessionCommand): unknown {
  try {
    decide(session, command)
    return undefined
  } catch (error) {
    return error
  }
}

export const start = (id: string, cid?: string): SessionCommand => ({ type: "start", newcomer: newcomer(id, cid) })
export const join = (id: string, cid?: string): SessionCommand => ({ type: "join", newcomer: newcomer(id, cid) })
/** Somebody shops in the shop. */
export const link = (id: string, basket: BasketRef, invite?: string): SessionCommand => ({
  type: "link",
  newcomer: { ...newcomer(id, shopCid(basket)), invite },
  basket,
})
export const ready = (id: string, value = true, keepWish = false): SessionCommand => ({
  type: "setReady",
  id,
  ready: value,
  keepWish,
})
export const wish = (id: string, value = true): SessionCommand => ready(id, value, true)
export const leave = (id: string): SessionCommand => ({ type: "leave", id })
export const disconnect = (id: string, at = 0): SessionCommand => ({ type: "disconnect", cid: `conn-${id}`, at })
export const expire = (ids: string[], at = 0): SessionCommand => ({ type: "expire", ids, at })
export const lose = (id: string, at = 0): SessionCommand => ({ type: "lose", cid: `conn-${id}`, at })
export const back = (id: string, at = 0): SessionCommand => ({ type: "return", cid: `conn-${id}`, at })
export const nudge = (id: string, to: string, at = 0): SessionCommand => ({ type: "nudge", id, to, at })
export const setIdle = (id: string, idle: boolean, at = 0): SessionCommand => ({ type: "setIdle", id, idle, at })
export const resume = (id: string, cid = `conn-${id}`, at = 0): SessionCommand => ({
  type: "resume",
  id,
  resumeHash: `hash-${id}`,
  cid,
  at,
})
export const cart = (id: string, content: object): SessionCommand => ({ type: "updateCart", id, content })
/** Whoever says so by the version of its cart. */
export const sign = (id: string, content: object): SessionCommand => ({
  type: "setReady",
  id,
  ready: true,
  keepWish: false,
  version: versionOf(content),
})
export const kick = (by: string, id: string): SessionCommand => ({ type: "kick", by, id })
export const lock = (by: string, at = 0): SessionCommand => ({ type: "lock", by, at })
export const unlock = (by: string, at = 0): SessionCommand => ({ type: "unlock", by, at })
export const setDeadline = (by: string, deadline: number | undefined, at = 0): SessionCommand => ({
  type: "setDeadline",
  by,
  deadline,
  at,
})
export const tick = (at: number): SessionCommand => ({ type: "tick", at })
export const beginCheckout = (id: string, at = 0): SessionCommand => ({ type: "beginCheckout", id, at })
export const cancelCheckout = (by: string): SessionCommand => ({ type: "cancelCheckout", by })
export const completeCheckout = (by: string, at = 0, ref?: string): SessionCommand => ({
  type: "completeCheckout",
  by,
  at,
  ref,
})
export const shopAgain = (by: string): SessionCommand => ({ type: "shopAgain", by })
