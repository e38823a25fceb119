import {
  type CollectionEvents,
  type DataValue,
  dataValue,
  handle,
  isValidPart,
  type Logger,
  ResError,
} from "res-service"
import type { ContentOf } from "res-service/contract"
import { watchers } from "../../contract/store.ts"
import type { Watcher } from "../../contract/watcher.ts"
import type { Guard } from "../auth/guard.ts"
import type { Hearing, IsConnected } from "../connections.ts"
import { listChanges } from "../list-changes.ts"
import { sha256 } from "../sha256.ts"
import { nameOf } from "./display-name.ts"
import { type Look, Screens } from "./screens.ts"

/** How often screens are looked for that are gone, in ms. */
const SWEEP_MS = 1000
/** Length of a screen's ID: enough to tell the screens of a shop apart. */
const ID_LENGTH = 12

export interface WatcherSources {
  readonly isConnected: IsConnected
  readonly hearing: Hearing
  /** Runs a task in the queue of a shop's `watchers`. */
  inQueue(shopId: string, task: (events: Events) => void): Promise<void>
  readonly logger: Logger
}

type Events = CollectionEvents<ContentOf<typeof watchers>[number]>

/**
 * Who looks at a shop. It is in memory only: a process that owns the shop from now on hears of each screen within seconds. A shop's watchers
 * are sent to nobody until somebody gets them.
 */
export class Watchers {
  readonly #sources: WatcherSources
  readonly #screens = new Screens()
  /** What was sent, as JSON, of the shops whose watchers somebody has got. */
  readonly #shown = new Map<string, readonly string[]>()
  #timer: NodeJS.Timeout | undefined
  #sweeping = false

  constructor(sources: WatcherSources) {
    this.#sources = sources
  }

  start(): void {
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Call it in the queue of the shop's watchers, as `watch`. */
  get(shopId: string): readonly Watcher[] {
    const watching = this.#screens.of(shopId)
    this.#shown.set(shopId, watching.map(toJson))
    return watching
  }

  /** Records that a screen looks at a shop. Returns the screen's ID. */
  watch(look: Look, screen: Pick<Watcher, "name"> & { readonly idle: boolean }, events: Events): string {
    // A connection's ID is a secret.
    const id = sha256(`${look.shopId} ${look.cid}`).slice(0, ID_LENGTH)
    this.#screens.called(look, { ...screen, id })
    this.#tell(look.shopId, events)
    return id
  }

  /** Nobody has the watchers of this shop. */
  unwatched(shopId: string): void {
    this.#shown.delete(shopId)
  }

  /** Drops the shops that another process owns. */
  dropWhere(condition: (shopId: string) => boolean): void {
    this.#screens.dropWhere(condition)
    for (const shopId of this.#shown.keys()) if (condition(shopId)) this.#shown.delete(shopId)
  }

  #tell(shopId: string, events: Events): void {
    const before = this.#shown.get(shopId)
    if (before === undefined) return
    const watching = new Map(this.#screens.of(shopId).map((watcher) => [toJson(watcher), watcher]))
    this.#shown.set(shopId, [...watching.keys()])
    for (const change of listChanges(before, [...watching.keys()])) {
      const added = change.type === "add" ? watching.get(change.id) : undefined
      if (added === undefined) events.remove(change.index)
      else events.add(dataValue(added), change.index)
    }
  }

  async #sweep(): Promise<void> {
    const { isConnected, hearing, inQueue, logger } = this.#sources
    if (this.#sweeping || this.#screens.size === 0) return
    this.#sweeping = true
    try {
      if (await hearing.hasMissedCalls()) this.#screens.restart()
      const { silent, gone } = this.#screens.overdue()
      const answers = await Promise.all(silent.map(({ cid }) => isConnected(cid)))
      for (const [i, look] of silent.entries()) if (answers[i]) this.#screens.proved(look)
      for (const look of [...gone, ...silent.filter((_, i) => !answers[i])]) {
        await inQueue(look.shopId, (events) => {
          // It may have called meanwhile.
          const now = this.#screens.overdue()
          if (![...now.gone, ...now.silent].some(({ shopId, cid }) => shopId === look.shopId && cid === look.cid))
            return
          this.#screens.remove(look)
          this.#tell(look.shopId, events)
        })
      }
    } catch (error) {
      logger.debug({ err: error }, "could not look for screens that are gone")
    } finally {
      this.#sweeping = false
    }
  }
}

/** Serves `watchers`; access as the policy says. */
export function watchersResource(guard: Guard, shown: Watchers) {
  return handle(watchers, {
    mode: { access: "free" },
    anywhere: ["access"],
    checkCalls: true,
    access: guard.access(watchers),
    get: (req) => shown.get(req.parts.shop_id).map((watcher): DataValue<Watcher> => dataValue(watcher)),
    call: {
      watch: async (req, { name = null, idle }) => {
        const claims = await guard.check(watchers, "watch", req)
        if (!isValidPart(req.cid)) throw new ResError("system.invalidRequest", "A request without a connection ID")
        const look = { shopId: req.parts.shop_id, cid: req.cid }
        return { id: shown.watch(look, { name: claims === undefined ? name : nameOf(claims), idle }, req.events) }
      },
    },
  })
}

function toJson(watcher: Watcher): string {
  return JSON.stringify(watcher)
}
