import type { GroupRequest } from "@shopwire/client/session"
import { h } from "./dom.ts"
import type { Formats } from "./formats.ts"
import type { LoadBeside } from "./load-beside.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

export type GroupTools = typeof import("./group-tools.ts")

interface LateToolsOptions {
  readonly say: Say
  readonly formats: Formats
  readonly load: LoadBeside
  readonly onRequest: (request: GroupRequest) => void
}

interface Tool {
  readonly element: HTMLElement
  update(state: TogetherState, names: ReadonlyMap<string, string>): void
}

/**
 * What only a group of several needs: offers, the menus of lines, what can be done with friends, the split of the total, and the host's tools. It is
 * loaded when somebody has joined; if that fails, again with a later change.
 */
export class LateTools {
  /** What friends ask the customer. */
  readonly offers = h("div", { class: "late" })
  readonly element = h("div", { class: "late" })
  readonly #options: LateToolsOptions
  readonly #onLoad: () => void
  #loaded: GroupTools | undefined
  #tools: readonly Tool[] = []
  #isLoading = false

  /** @param onLoad is called when `update` can show more than before */
  constructor(options: LateToolsOptions, onLoad: () => void) {
    this.#options = options
    this.#onLoad = onLoad
  }

  /** Undefined until it is loaded. */
  get loaded(): GroupTools | undefined {
    return this.#loaded
  }

  update(state: TogetherState, names: ReadonlyMap<string, string>): void {
    for (const tool of this.#tools) tool.update(state, names)
    const isNeeded = state.phase === "live" && state.members.length > 1
    if (isNeeded && this.#loaded === undefined && !this.#isLoading) void this.#load()
  }

  async #load(): Promise<void> {
    const { say, formats, load, onRequest } = this.#options
    this.#isLoading = true
    try {
      const loaded = (await load("widget-group.js")) as GroupTools
      const { HostTools, OfferRows, SplitView } = loaded
      const offers = new OfferRows(say, onRequest)
      const tools = [new SplitView(say, formats, onRequest), new HostTools(say, formats, onRequest)]
      this.offers.append(offers.element)
      this.element.append(...tools.map(({ element }) => element))
      this.#tools = [offers, ...tools]
      this.#loaded = loaded
      this.#onLoad()
    } catch {
      // Carts, totals and the checkout work without them.
    }
    this.#isLoading = false
  }
}
