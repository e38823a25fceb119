import { defineModel } from "res-service/contract"
import { z } from "zod"
import { Catalogue } from "./catalogue.ts"
import { roles } from "./claims.ts"
import { errorCodes } from "./errors.ts"
import { MAX_TOKEN_LENGTH } from "./limits.ts"
import { ShopperId } from "./publish-event.ts"

const Credentials = z.object(
  { token: z.string("expected a string").max(MAX_TOKEN_LENGTH, `expected at most ${MAX_TOKEN_LENGTH} characters`) },
  "expected a JSON object",
)

/** Who has logged in. */
export const User = z.object({
  user: z.string(),
  name: z.string().nullable(),
  role: z.enum(roles).nullable(),
  shops: z.array(z.string()).readonly(),
  expires_at: z.iso.datetime(),
})
export type User = Readonly<z.infer<typeof User>>

const Revocation = z.object(
  { user: z.string("expected a string").min(1, "expected a user").max(255, "expected at most 255 characters") },
  "expected a JSON object",
)

/** Errors of a token: `auth.invalidToken` has data { reason }. */
const untrusted = errorCodes("auth.invalidToken", "system.serviceUnavailable")

/**
 * `shopwire.auth`: how a connection gets a token, and loses it. There is nothing to get.
 *
 * auth    login({ token }): the connection may from now on what the JWT says; on a connection that is logged in it renews the login ·
 *         logout() · for gateways: header() with `Authorization: Bearer`, for one HTTP request; wsHeader(), also with the cookie that
 *         is set up, for a connection; renew(), after a token reset
 * call    revoke({ user }): the user's logins end, and tokens issued until now do not count any more
 * source  RES-Service protocol 1.2.3, "Auth request", "Connection token event"; design.md, "RES resources"
 */
export const auth = defineModel("shopwire.auth", {
  auth: {
    login: { params: Credentials, answer: User, errors: untrusted },
    logout: { errors: errorCodes("system.serviceUnavailable") },
    renew: {},
    header: { errors: errorCodes("system.accessDenied", "auth.invalidToken", "system.serviceUnavailable") },
    wsHeader: { errors: untrusted },
  },
  calls: {
    revoke: {
      params: Revocation,
      errors: errorCodes("system.invalidParams", "system.accessDenied", "system.serviceUnavailable"),
    },
  },
})

/** How much was removed where when a person was erased. */
export const Erased = z.object({
  /** Shops in which something was erased. */
  shops: z.int(),
  /** Messages of the stream: events, and other messages that contain the ID. */
  stream: z.int(),
  /** Records of the staff's work on the shopper's baskets: claims and the like. */
  acknowledgements: z.int(),
  /** Shops whose snapshots of baskets and figures were made unreadable. */
  snapshots: z.int(),
  /** Documents of MongoDB; null: no archive. */
  archive: z
    .object({
      events: z.int(),
      baskets: z.int(),
      /** Documents that other programs had inserted to be published. */
      incoming_events: z.int(),
    })
    .nullable(),
  /** Annotations of the shopper's events and baskets, made in MongoDB, that were stored in NATS to be shown. */
  annotations: z.int(),
  /** Events and baskets that MongoDB refused, and documents of other programs that are not valid events. */
  dead_letters: z.int(),
})
export type Erased = Readonly<z.infer<typeof Erased>>

/**
 * `shopwire.shoppers`: there is nothing to get.
 *
 * call    erase({ shopper_id }): removes a person from all that is stored and shown; again: zeros. After
 *         system.serviceUnavailable and store.archiveBehind something may be left: ask again
 */
export const shoppers = defineModel("shopwire.shoppers", {
  calls: {
    erase: {
      params: z.object({ shopper_id: ShopperId }, "expected a JSON object"),
      answer: Erased,
      errors: errorCodes(
        "system.invalidParams",
        "system.accessDenied",
        "auth.invalidToken",
        "system.serviceUnavailable",
        "store.archiveBehind",
      ),
    },
  },
})

/**
 * `shopwire.health`: for probes; it answers only while the service can store events. It has no events: read it again.
 *
 * get     errors: system.serviceUnavailable (the log does not answer)
 */
export const health = defineModel("shopwire.health", {
  /** `last_seq` is the sequence of the last event handled. */
  value: z.object({ stream: z.string(), last_seq: z.int() }),
  errors: errorCodes("system.serviceUnavailable"),
})

/** How far the archive is behind the log, whether or not an archiver runs. */
export const ArchiveStatus = z.object({
  /** False when no archiver has ever run on this log: all else is 0 then. */
  archiving: z.boolean(),
  /** Events of the log that are not archived yet. */
  waiting: z.int(),
  /** Age of the oldest of them, in ms. */
  lag_ms: z.number(),
  /** Events and baskets that MongoDB has refused for good. */
  dead_letters: z.int(),
})
export type ArchiveStatus = Readonly<z.infer<typeof ArchiveStatus>>

/** `shopwire.archive`: for monitoring. It has no events: read it again. Errors as `health`. */
export const archive = defineModel("shopwire.archive", {
  value: ArchiveStatus,
  errors: errorCodes("system.serviceUnavailable"),
})

/**
 * `shopwire.catalogue`: every resource, from its contract, and every error code. It never changes while a service runs.
 */
export const catalogue = defineModel("shopwire.catalogue", { value: Catalogue })
