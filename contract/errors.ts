import { ResError, type SystemErrorCode } from "res-service/contract"

/** The codes of this product's own errors, with their usual message. Codes are stable, messages may change. */
export const serviceErrors = {
  // Not the protocol's, but no resource's either: any call may be answered so. `data` is { retry_after_ms }.
  "system.tooManyRequests": "Too many requests; try again later",
  "auth.invalidToken": "The token is not valid",
  "store.shopMismatch": "An event is another shop's",
  "store.eventTooLarge": "An event is too large",
  "store.tooManyEvents": "Too many events at once",
  "store.idempotencyConflict": "The idempotency key was used for other events",
  // `data` is { epoch }, the producer's current one.
  "store.producerFenced": "The producer has begun a newer epoch",
  "store.producerConflict": "The producer has stored other events under this sequence",
  "store.producerGaps": "The producer has too many gaps: store the missing sequences first, or begin a new epoch",
  "store.unknownSequence": "The log does not reach that far: the sequence is another log's",
  "store.searchTooLong":
    "Nothing was found among the events that were looked through: go on before the sequence in data",
  "store.archiveBehind": "The archive is not up to date yet, so that not all could be erased: ask again",
  "session.hostPresent": "The session has a host who is there",
  "session.notStarted": "Nobody is in the session",
  "session.tooMany": "There is no room for more shared sessions",
  "session.full": "The session has its most members",
  "session.notMember": "There is no such customer in the session",
  "session.notYourCustomer": "The customer belongs to another connection",
  "session.notHost": "Only the host may do that",
  "session.guestsNotReady": "The host can be ready only when every guest is",
  "session.wrongResumeToken": "The resume token is not the customer's",
  "session.inviteNeeded": "Only who is invited may join the session",
  "session.inviteExpired": "The invitation has expired",
  "session.inviteUsedUp": "The invitation was used as often as it may be",
  "session.noSuchLine": "There is no such line in the cart",
  "session.noSuchOffer": "There is no such offer to the customer",
  "session.cannotAnswer": "This member can't be asked",
  "session.tooManyOffers": "Too many offers wait for an answer, or too many lines are disowned",
  // `data` is { limitBytes }.
  "session.itemTooLarge": "The item is too large for an offer",
  // `data` is { version, content }, those of the cart now.
  "session.cartChanged": "The cart has changed meanwhile",
  "session.cartEmpty": "An empty cart can't be ready",
  // `data` is { by, since }.
  "session.locked": "The carts are locked",
  // `data` is { after, latest }.
  "session.deadlineOutOfRange": "A deadline must be in the future, at most 7 days from now",
  "session.notEverybodyReady": "Not everybody is ready",
  // `data` is { payer, since }.
  "session.alreadyCheckingOut": "Somebody is checking out already",
  "session.checkingOut": "Somebody is checking out, so nothing can be changed",
  "session.notCheckingOut": "Nobody is checking out",
  "session.notPayer": "Only the member who pays may do that",
  // `data` is { at }.
  "session.ordered": "The carts are ordered, so nothing can be changed",
  "session.notOrdered": "The carts are not ordered",
  "session.otherShop": "The members in the shop are in another shop",
  "session.removedByHost": "The host has removed the shopper from the session",
  // `data` is { limitBytes } or { limitLines }.
  "session.cartTooLarge": "The cart, or all carts together, are too large",
} as const

export type ServiceErrorCode = keyof typeof serviceErrors

/** Any code that a service answers with: the protocol's, and this product's own. */
export type ErrorCode = SystemErrorCode | ServiceErrorCode

/** For the `errors` of a contract: codes that exist. */
export function errorCodes(...codes: readonly ErrorCode[]): readonly ErrorCode[] {
  return codes
}

/** An error of this product; `data` as `ResError` has it, `message` when there is more to say than usually. */
export function serviceError(code: ServiceErrorCode, data?: unknown, message: string = serviceErrors[code]): ResError {
  return new ResError(code, message, data)
}
