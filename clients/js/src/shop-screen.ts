import { watchers } from "../../../contract/store.ts"
import type { Watcher } from "../../../contract/watcher.ts"
import type { Connection } from "./connection.ts"
import { Observable } from "./observable.ts"
import type { Watch } from "./watch.ts"

/** How often a page says that it looks at a shop, in ms. */
const SAY_MS = 5000

/** Shows the others that this page looks at a shop, and gives their screens. */
export class ShopScreen {
  /** The other screens on which somebody looks at the shop. */
  readonly others = new Observable<readonly Watcher[]>([])
  readonly #connection: Connection
  readonly #shopId: string
  readonly #name: string | undefined
  readonly #all: Watch<readonly Watcher[]>
  /** Of this page, on each of its connections: the service finds out a little later that one is gone. */
  readonly #ownIds = new Set<string>()
  #leave: (() => void)[] = []

  /** @param name of the person at the screen; of a signed-in person the service knows it */
  constructor(connection: Connection, shopId: string, name?: string) {
    this.#connection = connection
    this.#shopId = shopId
    this.#name = name
    this.#all = connection.watches.of(watchers, { shop_id: shopId })
  }

  /** Looks at the shop until `stop`. */
  start(): void {
    const say = (): void => void this.#say().catch(() => {}) // It says so again in a few seconds.
    const saying = setInterval(say, SAY_MS)
    this.#leave = [
      () => clearInterval(saying),
      this.#all.subscribe(() => this.#show()),
      this.#connection.follow({ onReady: say, onLost: () => {} }),
    ]
    if (typeof document !== "undefined") {
      document.addEventListener("visibilitychange", say)
      this.#leave.push(() => document.removeEventListener("visibilitychange", say))
    }
    say()
    this.#show()
  }

  stop(): void {
    for (const leave of this.#leave.splice(0)) leave()
  }

  async #say(): Promise<void> {
    const idle = typeof document !== "undefined" && document.hidden
    const params = { name: this.#name, idle }
    const { id } = await this.#connection.call(watchers, { shop_id: this.#shopId }, "watch", params)
    this.#ownIds.add(id)
    this.#show()
  }

  #show(): void {
    // Until its own is known, it could be any of them.
    const { data = [] } = this.#all.get()
    const others = this.#ownIds.size === 0 ? [] : data.filter(({ id }) => !this.#ownIds.has(id))
    if (JSON.stringify(others) !== JSON.stringify(this.others.get())) this.others.set(others)
  }
}
