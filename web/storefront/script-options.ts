/** The data attributes of the script tag; docs/storefront.md explains them. */
export interface ScriptOptions {
  /** Without a slash at the end. */
  readonly edgeUrl: string
  readonly customerName: string | undefined
  readonly theme: "auto" | "light" | "dark"
  readonly position: "left" | "right"
  /** The distance from the side and from the lower edge of the window, in px; undefined: as the styles say. */
  readonly offset: readonly [side: number, bottom: number] | undefined
  /** A language tag; undefined: the page's language, or else the browser's. */
  readonly language: string | undefined
  /** The shop whose currency counts, if it has a profile at the edge's service. */
  readonly shopId: string | undefined
  /** The name by which an invitation calls the shop. */
  readonly shopName: string | undefined
  /** Origins from which product pictures may be loaded: the page's own, and those that the tag names. */
  readonly pictureOrigins: readonly string[]
  /** ISO 4217. */
  readonly currency: string | undefined
  readonly subprotocol: string | undefined
  /** Absolute. */
  readonly invitePage: string
}

/**
 * Reads the data attributes. An empty attribute counts as missing.
 *
 * @param src the address of the script, which is the edge's by default
 * @param page the address of the page
 * @throws {TypeError} names the attribute, its value and what is expected
 */
export function readOptions(
  data: Readonly<Record<string, string | undefined>>,
  { src, page }: { readonly src: string; readonly page: string },
): ScriptOptions {
  const { customerName, language, protocol, shopId, shopName } = data
  return {
    edgeUrl: edgeOf(data.edge, src, page).replace(/\/+$/, ""),
    customerName: customerName || undefined,
    theme: oneOf("data-theme", data.theme || "auto", ["auto", "light", "dark"]),
    position: oneOf("data-position", data.position || "right", ["right", "left"]),
    offset: data.offset ? offset(data.offset) : undefined,
    language: language || undefined,
    shopId: shopId || undefined,
    shopName: shopName || undefined,
    pictureOrigins: [new URL(page).origin, ...words(data.pictureOrigins).map((text) => originIn(text, page))],
    currency: data.currency ? currency(data.currency) : undefined,
    subprotocol: protocol || undefined,
    invitePage: url("data-invite-page", data.invitePage || page, page),
  }
}

/** The edge's address: a URL, or a path on this host. A host name without `http` would be taken for a path. */
function edgeOf(text: string | undefined, src: string, page: string): string {
  if (!text) return new URL(src, page).origin
  if (!/^(https?:)?\//i.test(text)) fail("data-edge", text, "an http or https URL")
  return url("data-edge", text, page)
}

function url(attribute: string, text: string, base: string): string {
  const parsed = URL.canParse(text, base) ? new URL(text, base) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) fail(attribute, text, "an http or https URL")
  return parsed.href
}

/** One number for both edges, or two: `24 88`. */
function offset(text: string): readonly [number, number] {
  const [side = "", bottom = side, ...more] = words(text)
  if (![side, bottom].every((part) => /^\d{1,3}$/.test(part)) || more.length > 0)
    fail("data-offset", text, "one or two whole numbers of px, up to 999, as 24 88")
  return [Number(side), Number(bottom)]
}

function originIn(text: string, page: string): string {
  const { origin, href } = new URL(url("data-picture-origins", text, page))
  if (href !== `${origin}/`) fail("data-picture-origins", text, "origins, as https://cdn.example")
  return origin
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "")
}

function oneOf<Word extends string>(attribute: string, text: string, words: readonly Word[]): Word {
  return words.find((word) => word === text) ?? fail(attribute, text, words.join(" or "))
}

function currency(text: string): string {
  if (!/^[A-Za-z]{3}$/.test(text)) fail("data-currency", text, "three letters, as EUR")
  return text
}

function fail(attribute: string, text: string, expected: string): never {
  throw new TypeError(`${attribute}=${JSON.stringify(text)}: expected ${expected}`)
}
