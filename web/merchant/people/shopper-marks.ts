/** How a shopper is called on this page: a number, and a colour as the hue and lightness of `oklch`. */
export interface ShopperMark {
  readonly number: number
  readonly hue: number
  readonly lightness: number
}

/** Numbers of shoppers have at most three digits. */
const NUMBERS = 999
const HUES = 12
const LIGHTNESSES = [0.55, 0.68, 0.8]
/** So many different colours there are; if more shoppers are shown, some share one. */
export const COLOURS = HUES * LIGHTNESSES.length
/** Most marks that are given and not yet shown; older ones were for a drawing that was given up. */
const MOST_FRESH = 100
/** Shoppers that are no longer shown keep their marks, for the time that they come back, until there are more of them than this. */
const MOST_REMEMBERED = 500

interface Entry {
  readonly number: number
  readonly colour: number
  /** How often it is shown now; 0 before it is drawn first, and when it was left. */
  shown: number
  /** Given in this moment, and about to be shown. */
  fresh: boolean
}

/**
 * Gives shoppers numbers and colours. Both come from the shopper's ID, so that all screens mostly say the same; where two of those shown would
 * have the same, the later one gets the next free one. A mark never changes while it is shown.
 */
export class ShopperMarks {
  readonly #entries = new Map<string, Entry>()

  /** The mark of a shopper who is shown, or is about to be. */
  of(shopperId: string): ShopperMark {
    const { number, colour } = this.#entry(shopperId)
    return { number, hue: (colour % HUES) * (360 / HUES), lightness: LIGHTNESSES[Math.floor(colour / HUES)] ?? 0.5 }
  }

  /** A shopper is shown from now on. Returns a function that ends it. */
  show(shopperId: string): () => void {
    const entry = this.#entry(shopperId)
    entry.shown++
    entry.fresh = false
    return () => {
      entry.shown--
      this.#forget()
    }
  }

  #entry(shopperId: string): Entry {
    const known = this.#entries.get(shopperId)
    if (known !== undefined && (known.shown > 0 || known.fresh)) return known
    const taken = [...this.#entries].filter(([id, { shown, fresh }]) => id !== shopperId && (shown > 0 || fresh))
    if (known !== undefined) {
      const free = !taken.some(([, { number, colour }]) => number === known.number || colour === known.colour)
      if (free) return known
    }
    const seed = seedOf(shopperId)
    const entry: Entry = {
      number: 1 + nextFree(seed % NUMBERS, NUMBERS, new Set(taken.map(([, { number }]) => number - 1))),
      colour: nextFree(seed % COLOURS, COLOURS, new Set(taken.map(([, { colour }]) => colour))),
      shown: 0,
      fresh: true,
    }
    this.#entries.delete(shopperId)
    this.#entries.set(shopperId, entry)
    const fresh = [...this.#entries.values()].filter((each) => each.fresh)
    for (const each of fresh.slice(0, -MOST_FRESH)) each.fresh = false
    return entry
  }

  #forget(): void {
    for (const [id, { shown }] of this.#entries) {
      if (this.#entries.size <= MOST_REMEMBERED) return
      if (shown === 0) this.#entries.delete(id)
    }
  }
}

/** The wanted one, or the next one that is free; the wanted one, if none is. */
function nextFree(wanted: number, count: number, taken: ReadonlySet<number>): number {
  for (let i = 0; i < count; i++) {
    const each = (wanted + i) % count
    if (!taken.has(each)) return each
  }
  return wanted
}

/** A number from an ID, always the same (FNV-1a, 32 bits). */
function seedOf(id: string): number {
  let hash = 0x811c9dc5
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash
}
