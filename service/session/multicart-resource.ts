import { randomBytes } from "node:crypto"
import {
  type CallRequest,
  handle,
  isValidPart,
  type Reference,
  type RequestNumber,
  ResError,
  reference,
} from "res-service"
import type { z } from "zod"
import { edgeOfCid } from "../../contract/edge-connection.ts"
import { type ServiceErrorCode, serviceError } from "../../contract/errors.ts"
import { cart, multicart, present, sessionStatus } from "../../contract/session.ts"
import type { Introduction } from "../../contract/session-calls.ts"
import { notTried } from "../../contract/unavailable.ts"
import type { Guard } from "../auth/guard.ts"
import type { IsConnected } from "../connections.ts"
import { sha256 } from "../sha256.ts"
import { versionOf } from "./cart-content.ts"
import type { Newcomer, SessionCommand } from "./command.ts"
import { checkInvite } from "./entry.ts"
import { encodeInvite, newInviteKey } from "./invite.ts"
import { linesOf } from "./lines.ts"
import { presentMembers, shownMembers } from "./multicart.ts"
import { offerId } from "./offers.ts"
import type { Presence } from "./presence.ts"
import type { Member } from "./session.ts"
import { sessionAccess, sessionQueue } from "./session-access.ts"
import { cartModel, type Sessions } from "./sessions.ts"

/** Whether a customerId works only on the connection that it was given to, or on any connection of the session. */
export type CustomerBinding = "socket" | "session"

export interface SessionSources {
  readonly guard: Guard
  readonly sessions: Sessions
  readonly presence: Presence
  readonly binding: CustomerBinding
  /** Executes a command, as `Sessions.execute` does. Call it in the session's queue. */
  readonly run: (sessionId: string, command: SessionCommand, request?: RequestNumber) => Promise<number>
  /** Runs a task in a session's queue. */
  readonly inQueue: <T>(sessionId: string, task: () => Promise<T>) => Promise<T>
  /** Whether a connection still exists; asks the process that has it. */
  readonly isConnected: IsConnected
}

type Pattern = (typeof multicart)["pattern"]["source"]

type Call = Pick<CallRequest<Pattern, unknown>, "cid" | "parts" | "requestNumber">

type LatestCall = Call & Pick<CallRequest<Pattern, unknown>, "isOutdated">

/** Serves `cart`. */
export function cartResource(guard: Guard, sessions: Sessions) {
  return handle(cart, {
    ...sessionQueue,
    access: sessionAccess(guard, sessions, cart),
    get: async (req) => {
      const session = await sessions.get(req.parts.id)
      const member = session?.members.find(({ id }) => id === req.parts.customer)
      if (session === undefined || member === undefined) throw new ResError("system.notFound")
      return cartModel(session, member)
    },
  })
}

/** Serves `present`. */
export function presentResource(guard: Guard, sessions: Sessions) {
  return handle(present, {
    ...sessionQueue,
    access: sessionAccess(guard, sessions, present),
    get: async (req) => references(req.parts.id, presentMembers(await sessions.get(req.parts.id))),
  })
}

/** Serves `sessionStatus`. */
export function statusResource(guard: Guard, sessions: Sessions) {
  return handle(sessionStatus, {
    ...sessionQueue,
    access: sessionAccess(guard, sessions, sessionStatus),
    get: async (req) => await sessions.status(req.parts.id),
  })
}

/**
 * Serves `multicart`. Everyone may call all methods, because joining is one of them. Everyone may get an open session, because knowing its
 * ID is the invitation. From the first invitation on, only the connections of its members may get it.
 */
export function multicartResource({ guard, sessions, presence, binding, run, inQueue, isConnected }: SessionSources) {
  /** Old storefronts may send these messages for one customer from several sockets. All else needs the customer's own connection. */
  const isAnyMembers = binding === "session"

  const execute = async (req: Call, command: SessionCommand): Promise<{ n: number }> => ({
    n: await run(req.parts.id, command, req.requestNumber),
  })

  /** As `execute`. Does nothing for a call that a later one of this kind replaces. */
  const executeLatest = async (req: LatestCall, kind: string, command: SessionCommand): Promise<{ n: number }> =>
    req.isOutdated(kind) ? { n: await sessions.revision(req.parts.id) } : await execute(req, command)

  /** The members for whom a connection speaks. This call brings back a member whose connection was silent. */
  const membersFor = async ({ cid, parts: { id } }: Call): Promise<readonly Member[]> => {
    presence.called(id, cid)
    const { members = [] } = (await sessions.get(id)) ?? {}
    if (!members.some(({ lostCid }) => lostCid === cid)) return members
    await run(id, { type: "return", cid, at: Date.now() })
    return (await sessions.get(id))?.members ?? []
  }

  /** @param command starts or joins with the newcomer */
  const introduce = async (
    req: Call,
    { customerName, invite, client }: z.infer<typeof Introduction>,
    command: (newcomer: Newcomer) => SessionCommand,
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
      client,
    }
    return { customerId: newcomer.id, resumeToken, ...(await execute(req, command(newcomer))) }
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
    await inQueue(sessionId, () => run(sessionId, { type: "disconnect", cid, at: Date.now() }))
    return true
  }

  /** @param byAnyMember whether a connection of another member may do it too */
  const checkOwn = async (req: Call, customerId: string, byAnyMember = false): Promise<void> => {
    const members = await membersFor(req)
    const member = members.find(({ id }) => id === customerId)
    if (member === undefined) throw serviceError("session.notMember")
    const isOwn = byAnyMember ? members.some(({ cid }) => cid === req.cid) : member.cid === req.cid
    // The cart of a member in the shop is its basket.
    if (!isOwn || member.basket !== undefined) throw serviceError("session.notYourCustomer")
  }

  /** The member for whom a connection speaks. Throws `refusal` when it speaks for none. */
  const ownId = async (req: Call, refusal: ServiceErrorCode = "session.notHost"): Promise<string> => {
    const members = await membersFor(req)
    const own = members.find(({ cid }) => cid === req.cid)
    if (own === undefined) throw serviceError(refusal)
    return own.id
  }

  /** Executes a command of the host, unless a later one of this kind replaces it. */
  const govern = async (req: LatestCall, kind: string, command: (by: string) => SessionCommand) => {
    const by = await ownId(req)
    return await executeLatest(req, `${kind} ${by}`, command(by))
  }

  const contentOf = async (req: Call, customerId: string): Promise<object> =>
    (await sessions.get(req.parts.id))?.members.find(({ id }) => id === customerId)?.content ?? {}

  return handle(multicart, {
    ...sessionQueue,
    access: sessionAccess(guard, sessions, multicart),
    get: async (req) => references(req.parts.id, shownMembers(await sessions.get(req.parts.id))),
    call: {
      // Outside the queue: the session goes on while a host is asked whether it is present.
      start: {
        mode: "free",
        handle: async (req, introduction) => {
          checkEntry(req)
          const command = (newcomer: Newcomer) => ({ type: "start", newcomer, shopId: introduction.shop_id }) as const
          const start = () => inQueue(req.parts.id, () => introduce(req, introduction, command))
          return await start().catch(async (error: unknown) => {
            if (!(error instanceof ResError) || error.code !== "session.hostPresent") throw error
            if (!(await letGoOfDeadHost(req.parts.id))) throw error
            return await start()
          })
        },
      },
      join: async (req, introduction) => {
        checkEntry(req)
        return await introduce(req, introduction, (newcomer) => ({ type: "join", newcomer }))
      },
      look: async (req, { invite = "" }) => {
        const session = await sessions.get(req.parts.id)
        checkInvite(session, invite, Date.now())
        const host = session?.members.find(({ id }) => id === session.hostId)
        if (host === undefined) throw serviceError("session.notStarted")
        return { host: host.name }
      },
      updateCart: async (req, { customerId, cartContent }) => {
        await checkOwn(req, customerId, isAnyMembers)
        return await executeLatest(req, `updateCart ${customerId}`, {
          type: "updateCart",
          id: customerId,
          content: cartContent,
        })
      },
      customerReadyToCheckout: async (req, { customerId, customerReadyToCheckout, keepWish, version }) => {
        await checkOwn(req, customerId, isAnyMembers)
        const { n } = await executeLatest(req, `ready ${customerId}`, {
          type: "setReady",
          id: customerId,
          ready: customerReadyToCheckout,
          keepWish,
          version,
        })
        const members = (await sessions.get(req.parts.id))?.members ?? []
        return { isReadyToCheckout: members.find(({ id }) => id === customerId)?.ready === true, n }
      },
      resume: async (req, { customerId, resumeToken }) => {
        const cid = checkedCid(req.cid)
        checkEntry(req)
        // The member would be on a connection that its client has given up for another one.
        if (req.isOutdated(`resume ${customerId}`))
          throw notTried("A later resume of this customer has come before this one")
        await membersFor(req)
        return await execute(req, {
          type: "resume",
          id: customerId,
          resumeHash: sha256(resumeToken),
          cid,
          at: Date.now(),
        })
      },
      leave: async (req, { customerId }) => {
        // Only the host may remove another member: `kick`.
        await checkOwn(req, customerId)
        return await execute(req, { type: "leave", id: customerId })
      },
      kick: async (req, { customerId }) => execute(req, { type: "kick", by: await ownId(req), id: customerId }),
      createInvite: async (req, { expiresInSeconds, maxUses, replace }) => {
        const { n } = await execute(req, { type: "invite", by: await ownId(req), key: newInviteKey(), replace })
        const { key = "" } = (await sessions.get(req.parts.id))?.invites ?? {}
        const id = randomBytes(9).toString("base64url")
        return { invite: encodeInvite(key, { id, expiresAt: Date.now() + expiresInSeconds * 1000, maxUses }), n }
      },
      lock: async (req) => await govern(req, "lock", (by) => ({ type: "lock", by, at: Date.now() })),
      unlock: async (req) => await govern(req, "lock", (by) => ({ type: "unlock", by, at: Date.now() })),
      setDeadline: async (req, { at }) => {
        const deadline = at === null ? undefined : Date.parse(at)
        return await govern(req, "deadline", (by) => ({ type: "setDeadline", by, deadline, at: Date.now() }))
      },
      setSplit: async (req, { split }) => await govern(req, "split", (by) => ({ type: "setSplit", by, split })),
      shopAgain: async (req) => await govern(req, "shopAgain", (by) => ({ type: "shopAgain", by })),
      beginCheckout: async (req, { customerId }) => {
        await checkOwn(req, customerId)
        return await executeLatest(req, `checkout ${customerId}`, {
          type: "beginCheckout",
          id: customerId,
          at: Date.now(),
        })
      },
      cancelCheckout: async (req) => {
        const by = await ownId(req, "session.notPayer")
        return await executeLatest(req, `checkout ${by}`, { type: "cancelCheckout", by })
      },
      completeCheckout: async (req, { order_ref: ref }) => {
        const by = await ownId(req, "session.notPayer")
        return await execute(req, { type: "completeCheckout", by, ref, at: Date.now() })
      },
      setItem: async (req, { customerId, ...update }) => {
        await checkOwn(req, customerId)
        const done = await execute(req, { type: "setItem", id: customerId, ...update })
        const content = await contentOf(req, customerId)
        return { ...done, version: versionOf(content), line: lineOf(content, update.item) }
      },
      removeItem: async (req, { customerId, version, line }) => {
        await checkOwn(req, customerId)
        const done = await execute(req, { type: "removeItem", id: customerId, version, line })
        return { ...done, version: versionOf(await contentOf(req, customerId)) }
      },
      disown: async (req, { customerId, line, disowned }) => {
        await checkOwn(req, customerId)
        return await execute(req, { type: "disown", id: customerId, line, disowned })
      },
      offerItem: async (req, { customerId, to, item }) => {
        await checkOwn(req, customerId)
        const done = await execute(req, { type: "offerItem", id: customerId, to, item, at: Date.now() })
        return { ...done, offer: offerId({ type: "add", by: customerId, to, item }) }
      },
      askForLine: async (req, { customerId, from, line }) => {
        await checkOwn(req, customerId)
        const done = await execute(req, { type: "askForLine", id: customerId, from, line, at: Date.now() })
        const { offers = [] } = (await sessions.get(req.parts.id)) ?? {}
        const offer = offers.find(({ by, to, line: asked }) => by === customerId && to === from && asked === line)
        return { ...done, offer: offer?.id ?? null }
      },
      answerOffer: async (req, { customerId, offer, accept }) => {
        await checkOwn(req, customerId)
        return await execute(req, { type: "answerOffer", id: customerId, offer, accept })
      },
      nudge: async (req, { customerId, to }) => {
        await checkOwn(req, customerId)
        return await execute(req, { type: "nudge", id: customerId, to, at: Date.now() })
      },
      setIdle: async (req, { customerId, idle }) => {
        await checkOwn(req, customerId)
        return await executeLatest(req, `idle ${customerId}`, { type: "setIdle", id: customerId, idle, at: Date.now() })
      },
      disconnect: async (req) => await execute(req, { type: "disconnect", cid: req.cid, at: Date.now() }),
      lose: async (req) => await execute(req, { type: "lose", cid: req.cid, at: Date.now() }),
      // This does not load the session, because its members get their full time when it is loaded.
      keepAlive: {
        mode: "free",
        handle: async (req, { cids }) => {
          const { id } = req.parts
          const edgeId = edgeOfCid(checkedCid(req.cid))
          const others = edgeId === undefined ? [] : cids.filter((cid) => edgeOfCid(cid) === edgeId)
          const calling = new Set([req.cid, ...others])
          for (const { cid, lostCid } of sessions.loaded.get(id)?.session?.members ?? []) {
            if (cid !== undefined && calling.has(cid)) presence.called(id, cid)
            if (lostCid !== undefined && calling.has(lostCid))
              await inQueue(id, () => run(id, { type: "return", cid: lostCid, at: Date.now() }))
          }
        },
      },
    },
  })
}

/** A later entry of the connection has come before this one, which would make its member leave. */
function checkEntry(req: Pick<CallRequest<Pattern, unknown>, "cid" | "isOutdated">): void {
  if (req.isOutdated(`enter ${req.cid}`)) throw notTried("A later entry of this connection has come before this one")
}

function references(sessionId: string, members: readonly Member[]): Reference[] {
  return members.map(({ id }) => reference(cart.name({ id: sessionId, customer: id })))
}

function checkedCid(cid: string): string {
  if (!isValidPart(cid)) throw new ResError("system.invalidRequest", "A request without a connection ID")
  return cid
}

/** The line that has become this item. */
function lineOf(content: object, item: object): string {
  return linesOf(content).find((line) => line.item === item)?.id ?? ""
}
