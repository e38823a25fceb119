import { randomBytes } from "node:crypto"
import {
  type Access,
  type AccessRequest,
  type CallRequest,
  collection,
  isValidPart,
  model,
  type Reference,
  ResError,
  reference,
} from "res-service"
import { z } from "zod"
import { edgeOfCid } from "../../contract/edge-connection.ts"
import { serviceError } from "../../contract/errors.ts"
import {
  CartUpdate,
  CustomerRef,
  Introduction,
  Invitation,
  KeepAlive,
  ReadyUpdate,
  Resumption,
  SessionId,
} from "../../contract/session-calls.ts"
import type { Guard } from "../auth/guard.ts"
import { sha256 } from "../sha256.ts"
import { encodeInvite, newInviteKey } from "./invite.ts"
import { presentMembers, shownMembers } from "./multicart.ts"
import type { Presence } from "./presence.ts"
import { isShownTo, type Member, type Newcomer, type SessionCommand } from "./session.ts"
import { type CartModel, cartModel, cartRid, type Sessions } from "./sessions.ts"

/** Whether a customerId works only on the connection that it was given to, or on any connection of the session. */
export type CustomerBinding = "socket" | "session"

const MULTICART = "session.$id.multicart"
const PRESENT = "session.$id.present"
const CART = "session.$id.cart.$customer"

export interface SessionSources {
  readonly guard: Guard
  readonly sessions: Sessions
  readonly presence: Presence
  readonly binding: CustomerBinding
  /** Executes a command, as `Sessions.execute` does. Call it in the session's queue. */
  readonly run: (sessionId: string, command: SessionCommand) => Promise<number>
  /** Runs a task in a session's queue. */
  readonly inQueue: <T>(sessionId: string, task: () => Promise<T>) => Promise<T>
  /** Whether a connection still is there; asks where it should be. */
  readonly isConnected: (cid: string) => Promise<boolean>
}

type Call = Pick<CallRequest<typeof MULTICART, unknown>, "cid" | "parts">

const ownership = {
  owns: ({ id }: { readonly id: string }) => SessionId.safeParse(id).success,
  // One queue for all resources of a session.
  group: ({ id }: { readonly id: string }) => `session.${id}`,
} as const

/** Access by the policy, then by the session. Runs in the session's queue, so that it uses the current state. */
function access(guard: Guard, sessions: Sessions, resource: typeof MULTICART | typeof PRESENT | typeof CART) {
  const byPolicy = guard.access(resource)
  return async (req: AccessRequest<typeof MULTICART>): Promise<Access> => {
    const { get = false, ...calls } = await byPolicy(req)
    return { ...calls, get: get && isShownTo(await sessions.get(req.parts.id), req.cid) }
  }
}

/**
 * `session.<id>.cart.<customerId>`: model, a member's cart.
 *
 * access  as the multicart
 * get     { owner: { data: { id, name, isHost, isReadyToCheckout } }, content: { data: the cart, {} until it is set } }
 * errors  system.notFound: no such member
 * events  change
 */
export function cart(guard: Guard, sessions: Sessions) {
  return model<typeof CART, CartModel, unknown>(CART, {
    ...ownership,
    access: access(guard, sessions, CART),
    get: async (req) => {
      const session = await sessions.get(req.parts.id)
      const member = session?.members.find(({ id }) => id === req.parts.customer)
      if (session === undefined || member === undefined) throw new ResError("system.notFound")
      return cartModel(session, member)
    },
  })
}

/**
 * `session.<id>.present`: collection as the multicart, without members that are away for a few seconds and not ready. Old clients
 * are shown this one, since they wait for everyone whom they are shown. It has no calls.
 *
 * access  as the multicart
 * events  add, remove; `updated` { n } as the multicart
 */
export function present(guard: Guard, sessions: Sessions) {
  return collection<typeof PRESENT, Reference, unknown>(PRESENT, {
    ...ownership,
    access: access(guard, sessions, PRESENT),
    get: async (req) => references(req.parts.id, presentMembers(await sessions.get(req.parts.id))),
  })
}

/**
 * `session.<id>.multicart`: collection of references to the carts, host first, then in the order of joining.
 *
 * access  all calls for everyone, as joining is one; get too while the session is open, since knowing its ID is the invitation, and
 *         for the connections of its members alone from the first invitation on
 * call    start({ customerName, invite? }), join({ customerName, invite? }) -> { customerId, resumeToken, n }
 *         updateCart({ customerId, cartContent }) -> { n }
 *         customerReadyToCheckout({ customerId, customerReadyToCheckout, keepWish? }) -> { isReadyToCheckout, n }; by `keepWish`
 *         a host that is early is not refused, but becomes ready whenever every guest is, until it takes that back or is away
 *         resume({ customerId, resumeToken }), leave({ customerId }), kick({ customerId }) -> { n }
 *         createInvite({ expiresInSeconds?, maxUses? }) -> { invite, n }, by the host: from the first one on, joining needs one
 *         keepAlive({ cids? }) -> null, for the own connection and others of the same edge · disconnect() -> { n }: the own
 *         connection is gone now
 * errors  system.notFound (no session id) · system.invalidParams · session.*, see docs/errors.md
 * events  add, remove; after each call that was accepted, but keepAlive, last `updated` { n }, before the answer
 * source  design.md, "RES resources", "Sessions"
 */
export function multicart({ guard, sessions, presence, binding, run, inQueue, isConnected }: SessionSources) {
  const execute = async (req: Call, command: SessionCommand): Promise<{ n: number }> => ({
    n: await run(req.parts.id, command),
  })

  /** The members for whom a connection speaks. This call brings back a member whose connection was silent. */
  const membersFor = async ({ cid, parts: { id } }: Call): Promise<readonly Member[]> => {
    presence.called(id, cid)
    if ((await sessions.get(id))?.members.some(({ lostCid }) => lostCid === cid)) await run(id, { type: "return", cid })
    return (await sessions.get(id))?.members ?? []
  }

  const introduce = async (
    req: Call,
    type: "start" | "join",
    { customerName, invite }: z.infer<typeof Introduction>,
  ) => {
    await membersFor(req)
    const resumeToken = randomBytes(24).toString("base64url")
    const newcomer: Newcomer = {
      id: randomBytes(12).toString("base64url"),
      name: customerName,
      cid: checkedCid(req.cid),
      resumeHash: sha256(resumeToken),
      at: Date.now(),
      invite,
    }
    return { customerId: newcomer.id, resumeToken, ...(await execute(req, { type, newcomer })) }
  }

  /** Makes a host absent whose connection does not answer; false when it does. */
  const letGoOfDeadHost = async (sessionId: string): Promise<boolean> => {
    const cid = await inQueue(sessionId, async () => {
      const session = await sessions.get(sessionId)
      return session?.members.find(({ id }) => id === session.hostId)?.cid
    })
    if (cid === undefined) return true
    // Only an edge knows more than the lease does, because it has the socket.
    if (edgeOfCid(cid) === undefined && presence.isHeard(sessionId, cid)) return false
    if (await isConnected(cid)) return false
    await inQueue(sessionId, () => run(sessionId, { type: "disconnect", cid }))
    return true
  }

  /** @param byAnyMember whether a connection of another member may do it, too */
  const checkOwn = async (req: Call, customerId: string, byAnyMember = binding === "session"): Promise<void> => {
    const members = await membersFor(req)
    const member = members.find(({ id }) => id === customerId)
    if (member === undefined) throw serviceError("session.notMember")
    const isOwn = byAnyMember ? members.some(({ cid }) => cid === req.cid) : member.cid === req.cid
    if (!isOwn) throw serviceError("session.notYourCustomer")
  }

  /** The member for whom a connection speaks; who speaks for none is no host. */
  const ownId = async (req: Call): Promise<string> => {
    const members = await membersFor(req)
    const own = members.find(({ cid }) => cid === req.cid)
    if (own === undefined) throw serviceError("session.notHost")
    return own.id
  }

  return collection<typeof MULTICART, Reference, unknown>(MULTICART, {
    ...ownership,
    access: access(guard, sessions, MULTICART),
    get: async (req) => references(req.parts.id, shownMembers(await sessions.get(req.parts.id))),
    call: (method) => ({
      // Beside the queue, for the session goes on while a host is asked whether it is there.
      start: method(
        Introduction,
        async (req, introduction) => {
          const start = () => inQueue(req.parts.id, () => introduce(req, "start", introduction))
          return await start().catch(async (error: unknown) => {
            if (!(error instanceof ResError) || error.code !== "session.hostPresent") throw error
            if (!(await letGoOfDeadHost(req.parts.id))) throw error
            return await start()
          })
        },
        { mode: "free" },
      ),
      join: method(Introduction, (req, introduction) => introduce(req, "join", introduction)),
      updateCart: method(CartUpdate, async (req, { customerId, cartContent }) => {
        await checkOwn(req, customerId)
        return await execute(req, { type: "updateCart", id: customerId, content: cartContent })
      }),
      customerReadyToCheckout: method(ReadyUpdate, async (req, { customerId, customerReadyToCheckout, keepWish }) => {
        await checkOwn(req, customerId)
        const { n } = await execute(req, {
          type: "setReady",
          id: customerId,
          ready: customerReadyToCheckout,
          keepWish,
        })
        const members = (await sessions.get(req.parts.id))?.members ?? []
        return { isReadyToCheckout: members.find(({ id }) => id === customerId)?.ready === true, n }
      }),
      resume: method(Resumption, async (req, { customerId, resumeToken }) => {
        const cid = checkedCid(req.cid)
        await membersFor(req)
        return await execute(req, { type: "resume", id: customerId, resumeHash: sha256(resumeToken), cid })
      }),
      leave: method(CustomerRef, async (req, { customerId }) => {
        // Only the host may remove another member, with any binding: `kick`.
        await checkOwn(req, customerId, false)
        return await execute(req, { type: "leave", id: customerId })
      }),
      kick: method(CustomerRef, async (req, { customerId }) =>
        execute(req, { type: "kick", by: await ownId(req), id: customerId }),
      ),
      createInvite: method(Invitation, async (req, { expiresInSeconds, maxUses }) => {
        const { n } = await execute(req, { type: "invite", by: await ownId(req), key: newInviteKey() })
        const { key = "" } = (await sessions.get(req.parts.id))?.invites ?? {}
        const id = randomBytes(9).toString("base64url")
        return { invite: encodeInvite(key, { id, expiresAt: Date.now() + expiresInSeconds * 1000, maxUses }), n }
      }),
      disconnect: method(z.unknown(), async (req) => await execute(req, { type: "disconnect", cid: req.cid })),
      // Does not load the session: its members get their full time when it is loaded.
      keepAlive: method(
        KeepAlive,
        async (req, { cids }) => {
          const { id } = req.parts
          const edgeId = edgeOfCid(checkedCid(req.cid))
          const others = edgeId === undefined ? [] : cids.filter((cid) => edgeOfCid(cid) === edgeId)
          const calling = new Set([req.cid, ...others])
          for (const { cid, lostCid } of sessions.loaded.get(id)?.session?.members ?? []) {
            if (cid !== undefined && calling.has(cid)) presence.called(id, cid)
            if (lostCid !== undefined && calling.has(lostCid))
              await inQueue(id, () => run(id, { type: "return", cid: lostCid }))
          }
        },
        { mode: "free" },
      ),
    }),
  })
}

function references(sessionId: string, members: readonly Member[]): Reference[] {
  return members.map(({ id }) => reference(cartRid(sessionId, id)))
}

function checkedCid(cid: string): string {
  if (!isValidPart(cid)) throw new ResError("system.invalidRequest", "A request without a connection ID")
  return cid
}
