import { isRecord } from "./protocol.ts"

/** Most lines of one cart that are shown, and most characters of one text. */
const MAX_LINES = 200
const MAX_CHARACTERS = 200

/** One line of a cart, as it is shown. All texts are a stranger's: they may only ever become text. */
export interface CartLine {
  readonly name: string
  /** The chosen options, as `Size: L, Colour: red`; empty if there are none. */
  readonly options: string
  readonly quantity: number
  /** Of one piece; undefined when the cart does not say. */
  readonly price: number | undefined
  /** The product's page, if it is one of this shop; else undefined. */
  readonly url: string | undefined
}

/**
 * Reads the lines out of an Ecwid cart: `{ items: [{ quantity, product: { name, price, url }, options }] }`. What is not one
 * gives no lines.
 *
 * @param origin of the shop's page: a product's address elsewhere is not shown as a link
 */
export function cartLines(content: unknown, origin: string): CartLine[] {
  if (!isRecord(content) || !Array.isArray(content.items)) return []
  return content.items.slice(0, MAX_LINES).flatMap((item: unknown) => {
    if (!isRecord(item) || !isRecord(item.product)) return []
    const { name, price, url } = item.product
    return [
      {
        name: short(typeof name === "string" ? name : ""),
        options: short(optionsText(item.options)),
        quantity: isCount(item.quantity) ? item.quantity : 1,
        price: isAmount(price) ? price : undefined,
        url: ownUrl(url, origin),
      },
    ]
  })
}

/** How many pieces are in a cart. */
export function pieces(lines: readonly CartLine[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0)
}

/** What a cart costs as far as its prices are known; undefined when none is. */
export function totalOf(lines: readonly CartLine[]): number | undefined {
  const known = lines.flatMap(({ price, quantity }) => (price === undefined ? [] : [price * quantity]))
  return known.length === 0 ? undefined : known.reduce((sum, amount) => sum + amount, 0)
}

// `{ Size: "L" }`, or of older shops `[{ name: "Size", value: "L" }]`.
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

/** A value as text, several chosen ones (`["Cheese", "Ham"]`) with a `+` between them; empty if there is nothing to be read. */
function optionText(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return String(value)
  if (!Array.isArray(value)) return ""
  return value
    .map(optionText)
    .filter((text) => text !== "")
    .join(" + ")
}

function ownUrl(url: unknown, origin: string): string | undefined {
  if (typeof url !== "string" || !URL.canParse(url, origin)) return undefined
  const parsed = new URL(url, origin)
  return parsed.origin === origin && /^https?:$/.test(parsed.protocol) ? parsed.href : undefined
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
