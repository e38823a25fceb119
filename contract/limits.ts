/** The limits that both sides of a door know. Pages import them too, so this module imports nothing. */

/** Largest event, in bytes of its JSON: a feed of 100 must fit into one NATS message of 1 MiB. */
export const MAX_EVENT_BYTES = 8 * 1024

/** Most events of one `publish`: the limit of a JetStream atomic batch. */
export const MAX_BATCH_EVENTS = 1000

/** How many events a feed shows. */
export const FEED_LIMIT = 100

/** Most events of one page of a shop's history. */
export const MAX_PAGE_EVENTS = 500

/** Longest text that a search looks for, and longest category that it selects, in characters. */
export const MAX_FIND_LENGTH = 100
export const MAX_CATEGORY_LENGTH = 200

/** Most baskets in a list of a shop: of the open ones, the orders, the abandoned ones. */
export const LIST_LIMIT = 100

/** Most days of one list of a shop's days: a quarter of a year. */
export const MAX_DAYS = 92

/** An open basket without activity for this long, in seconds, is idle. */
export const IDLE_AFTER_S = 2 * 60 * 60

/** Longest name of a member of the staff beside a basket, in characters. */
export const MAX_DISPLAY_NAME = 100

/** Most levels of objects and lists in a cart; Ecwid's have about six. */
export const MAX_CART_LEVELS = 100

/** Most lines of a cart that can be named one by one; further items of the cart have no line. */
export const MAX_CART_LINES = 500

/** Largest cart, and all carts of a session together, in bytes of JSON. */
export const MAX_CART_BYTES = 256 * 1024
export const MAX_SESSION_BYTES = 2 * 1024 * 1024

/** The latest deadline of a shared session, from when it is set, in ms: a week. */
export const MAX_DEADLINE_MS = 7 * 24 * 60 * 60 * 1000

/** Longest number of an order, in characters. */
export const MAX_ORDER_REF = 100

/** Longest token that is looked at, in characters. */
export const MAX_TOKEN_LENGTH = 8192
