import { isRecord } from "@shopwire/client/session"

/** How many lines of a cart are shown, and how many characters of a text. */
const MAX_LINES = 200
const MAX_CHARACTERS = 200

/** One line of a cart, as it is shown. Strangers write these texts: never use them as HTML. */
export interface CartLine {
  readonly name: string
  /** The chosen options, as `Size: L, Colour: red`; empty if there are none. */
  readonly options: string
  readonly quantity: number
  /** The price of one piece; undefined if the cart has none. */
  readonly price: number | undefined
  /** The product's page, if it belongs to this shop; else undefined. */
  readonly url: string | undefined
  /** The address of the product's picture, if it may be loaded; else undefined. */
  readonly picture: string | undefined
  /** The line as the cart has it. */
  readonly item: Readonly<Record<string, unknown>>
}

/** What the address of a picture ends with. */
const PICTURE_PATH = /\.(?:avif|gif|jpe?g|png|svg|webp)$/i

/**
 * Reads the lines of an Ecwid cart: `{ items: [{ quantity, product: { name, price, url, thumbnailUrl }, options }] }`. Anything else
 * has no lines.
 *
 * @param origin the origin of the shop's page. A product page of another origin is not linked
 * @param pictureOrigins origins from which pictures may be loaded
 */
export function cartLines(content: unknown, origin: string, pictureOrigins: readonly string[] = [origin]): CartLine[] {
  if (!isRecord(content) || !Array.isArray(content.items)) return []
  return content.items.slice(0, MAX_LINES).flatMap((item: unknown) => {
    if (!isRecord(item) || !isRecord(item.product)) return []
    const { name, price, url, thumbnailUrl, imageUrl } = item.product
    return [
      {
        name: short(typeof name === "string" ? name : ""),
        options: short(optionsText(item.options)),
        quantity: isCount(item.quantity) ? item.quantity : 1,
        price: isAmount(price) ? price : undefined,
        url: webUrl(url, origin, [origin])?.href,
        picture: pictureUrl(thumbnailUrl ?? imageUrl, origin, pictureOrigins),
        item,
      },
    ]
  })
}

/** The number of pieces in a cart. */
export function pieces(lines: readonly CartLine[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0)
}

/** The sum of all known prices; undefined if none is known. */
export function totalOf(lines: readonly CartLine[]): number | undefined {
  const known = lines.flatMap(({ price, quantity }) => (price === undefined ? [] : [price * quantity]))
  return known.length === 0 ? undefined : known.reduce((sum, amount) => sum + amount, 0)
}

// `{ Size: "L" }`, or in older shops `[{ name: "Size", value: "L" }]`.
function optionsText(options: unknown): string {
  const pairs = Array.isArray(options)
    ? options.filter(isRecord).map(({ name, value }) => [name, value])
    : isRecord(options)
      ? Object.entries(options)
      : []
  return pairs
    .map(([name, value]) => [name, optionText(value)])
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${String(name)}: ${value}`)
    .join(", ")
}

/** An option's value as text, with a `+` between several (`["Cheese", "Ham"]`). Empty if it is neither text nor number. */
function optionText(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return String(value)
  if (!Array.isArray(value)) return ""
  return value
    .map(optionText)
    .filter((text) => text !== "")
    .join(" + ")
}

/** The address that a cart names, if its origin is one of `origins`. */
function webUrl(url: unknown, origin: string, origins: readonly string[]): URL | undefined {
  if (typeof url !== "string" || !URL.canParse(url, origin)) return undefined
  const parsed = new URL(url, origin)
  return origins.includes(parsed.origin) && /^https?:$/.test(parsed.protocol) ? parsed : undefined
}

/**
 * A stranger chooses the address, and the browser loads it with the customer's cookies. So it must be that of a picture file, and loses
 * its query: else a cart could load `/logout`.
 */
function pictureUrl(url: unknown, origin: string, origins: readonly string[]): string | undefined {
  const parsed = webUrl(url, origin, origins)
  return parsed !== undefined && PICTURE_PATH.test(parsed.pathname) ? parsed.origin + parsed.pathname : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 && value < 1e6
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value)
}

function short(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1)}…` : text
}
