import { LatestKeys } from "res-service"

/** How long a currency is taken as it was read, in ms. */
const KEPT_MS = 60_000
/** Most shops that are remembered. */
const MAX_SHOPS = 10_000

/** A shop's currency, an ISO 4217 code; null: not known. */
export type ReadCurrency = (shopId: string) => Promise<string | null>

/** The currencies of shops, each read at most once a minute. */
export class Currencies {
  readonly #read: ReadCurrency
  readonly #now: () => number
  readonly #known = new LatestKeys<string, { readonly currency: string | null; readonly readAt: number }>(MAX_SHOPS)

  constructor(read: ReadCurrency, now: () => number = () => performance.now()) {
    this.#read = read
    this.#now = now
  }

  /** A shop's currency; the last known one while it can't be read. */
  async of(shopId: string): Promise<string | null> {
    const known = this.#known.get(shopId)
    if (known !== undefined && this.#now() - known.readAt < KEPT_MS) return known.currency
    const currency = await this.#read(shopId).catch(() => known?.currency ?? null)
    this.#known.set(shopId, { currency, readAt: this.#now() })
    return currency
  }
}
