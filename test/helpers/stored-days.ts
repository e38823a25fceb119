import { defaultProfile, type Profile } from "../../contract/profile.ts"
import type { DayRecord } from "../../service/projections/day.ts"
import { emptyDay } from "../../service/projections/day.ts"
import { DayBook, type DaySources } from "../../service/store/day-book.ts"
import { readDay, writeDay } from "../../service/store/day-entry.ts"
import type { StoredDay } from "../../service/store/day-store.ts"

const SHOP = "123e4567-e89b-42d3-a456-426614174000"

/** The stored days of one shop, as the bucket keeps them, in memory. */
export class StoredDays {
  profile: Profile = defaultProfile
  /** What a replay of the log gives. */
  records: readonly DayRecord[] = []
  replays = 0
  isArchiveThere = true
  /** When the stream was made. */
  log = "2026-01-01T00:00:00Z"
  readonly texts = new Map<string, { readonly text: string; readonly revision: number }>()
  #completeFor = ""
  #revision = 0

  /** As `DayBook` takes it. */
  book(from = 0, end = Number.MAX_SAFE_INTEGER): DayBook {
    return new DayBook(SHOP, this.#sources, { log: this.log, from, end })
  }

  /** Forgets all, as when the bucket was deleted. */
  lose(): void {
    this.texts.clear()
    this.#completeFor = ""
  }

  readonly #sources: DaySources = {
    profileOf: async () => this.profile,
    replay: (_, upTo) => this.#replay(upTo),
    store: {
      isComplete: async (_, origin) => this.#completeFor === JSON.stringify(origin),
      markComplete: async (_, origin) => {
        this.#completeFor = JSON.stringify(origin)
      },
      read: async (_, date, origin) => {
        const { text, revision } = this.texts.get(date) ?? { text: undefined, revision: 0 }
        return { day: (text === undefined ? undefined : readDay(text, origin)) ?? emptyDay(), revision }
      },
      write: async (_, date, origin, { day, revision }: StoredDay) => {
        if (origin.log !== this.log) throw new Error("another log")
        if ((this.texts.get(date)?.revision ?? 0) !== revision) throw new Error(`${date} has another revision`)
        this.#revision++
        this.texts.set(date, { text: writeDay(day, origin), revision: this.#revision })
        return this.#revision
      },
    },
  }

  async *#replay(upTo: number): AsyncGenerator<readonly DayRecord[], boolean> {
    this.replays++
    for (const record of this.records) if (record.seq <= upTo) yield [record]
    return this.isArchiveThere
  }
}
