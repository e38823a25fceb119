type Values = Record<string, unknown> | unknown[]

interface ResourceSet {
  models?: Record<string, Record<string, unknown>>
  collections?: Record<string, unknown[]>
  errors?: Record<string, unknown>
}

/**
 * A minimal RES client, against which a gateway is tested: it knows only what the gateway has sent to it.
 *
 * Source: RES-Client protocol 1.2.3, "Events", "Subscriptions".
 */
export class ResClient {
  readonly direct = new Set<string>()
  /** Violations of the protocol. */
  readonly faults: string[] = []
  readonly #resources = new Map<string, Values>()
  readonly #errors = new Set<string>()
  readonly #pending = new Map<number, { type: string; rid: string }>()
  readonly #send: (text: string) => void
  #lastId = 0

  constructor(send: (text: string) => void) {
    this.#send = send
    this.#request("version", "", { protocol: "1.2.3" })
  }

  subscribe(rid: string): void {
    if (!this.direct.has(rid) && ![...this.#pending.values()].some((each) => each.rid === rid)) {
      this.#request("subscribe", rid)
    }
  }

  unsubscribe(rid: string): void {
    if (!this.direct.has(rid)) return
    this.#request("unsubscribe", rid)
  }

  /** The known content of a resource, with all that it refers to. */
  view(rid: string, path: readonly string[] = []): unknown {
    if (path.includes(rid)) return { rid }
    const values = this.#resources.get(rid)
    if (!values) return this.#errors.has(rid) ? "error" : "unknown"
    const inner = [...path, rid]
    const plain = (value: unknown): unknown => (isReference(value) ? this.view(value.rid, inner) : value)
    if (Array.isArray(values)) return values.map(plain)
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]))
  }

  receive(text: string): void {
    const message = JSON.parse(text) as {
      id?: number
      result?: ResourceSet
      error?: unknown
      event?: string
      data?: unknown
    }
    if (message.event !== undefined) this.#event(message.event, message.data)
    else this.#answer(message.id ?? -1, message.result, message.error)
    this.#forgetUnreferenced()
  }

  #request(type: string, rid: string, params?: unknown): void {
    this.#lastId++
    this.#pending.set(this.#lastId, { type, rid })
    this.#send(JSON.stringify({ id: this.#lastId, method: rid ? `${type}.${rid}` : type, params }))
  }

  #answer(id: number, result: ResourceSet | undefined, error: unknown): void {
    const request = this.#pending.get(id)
    if (!request) {
      this.faults.push(`answer to unknown request ${id}`)
      return
    }
    this.#pending.delete(id)
    if (request.type === "unsubscribe" && !error) this.direct.delete(request.rid)
    if (request.type !== "subscribe" || error) return
    this.#take(result)
    this.direct.add(request.rid)
  }

  #take(set: ResourceSet | undefined): void {
    for (const [rid, values] of Object.entries({ ...set?.models, ...set?.collections })) {
      this.#resources.set(rid, structuredClone(values))
      this.#errors.delete(rid)
    }
    for (const rid of Object.keys(set?.errors ?? {})) this.#errors.add(rid)
  }

  #event(name: string, data: unknown): void {
    const dot = name.lastIndexOf(".")
    const rid = name.slice(0, dot)
    const event = name.slice(dot + 1)
    const values = this.#resources.get(rid)
    if (event === "unsubscribe") this.direct.delete(rid)
    // An event of a dropped resource that another one will bring back.
    if (!values) return
    const set = data as ResourceSet
    const subscribed = this.#reachable(this.direct)
    for (const sent of Object.keys({ ...set?.models, ...set?.collections }))
      if (subscribed.has(sent) && this.#resources.has(sent)) this.faults.push(`${name} brings ${sent} again`)
    this.#take(set)
    const { idx = -1, value, values: changed = {} } = data as { idx?: number; value?: unknown; values?: object }
    if (event === "add" && Array.isArray(values)) {
      if (idx < 0 || idx > values.length) this.faults.push(`add at ${idx} of ${values.length}`)
      values.splice(idx, 0, value)
    } else if (event === "remove" && Array.isArray(values)) {
      if (idx < 0 || idx >= values.length) this.faults.push(`remove at ${idx} of ${values.length}`)
      values.splice(idx, 1)
    } else if (event === "change" && !Array.isArray(values)) {
      for (const [key, each] of Object.entries(changed)) {
        if (isDelete(each)) delete values[key]
        else values[key] = each
      }
    }
  }

  /** Drops resources that nothing leads to: the gateway no longer keeps them up to date either. */
  #forgetUnreferenced(): void {
    // Otherwise an answer that omits the resource could cross the event that removes it.
    const asked = [...this.#pending.values()].filter(({ type }) => type === "subscribe").map(({ rid }) => rid)
    const kept = this.#reachable([...this.direct, ...asked])
    for (const rid of this.#resources.keys()) if (!kept.has(rid)) this.#resources.delete(rid)
  }

  /** These resources and all that they lead to. */
  #reachable(rids: Iterable<string>): Set<string> {
    const reached = new Set<string>()
    const visit = (rid: string): void => {
      if (reached.has(rid)) return
      reached.add(rid)
      for (const value of Object.values(this.#resources.get(rid) ?? {})) if (isReference(value)) visit(value.rid)
    }
    for (const rid of rids) visit(rid)
    return reached
  }
}

function isReference(value: unknown): value is { rid: string } {
  return typeof value === "object" && value !== null && "rid" in value && !("soft" in value)
}

function isDelete(value: unknown): boolean {
  return typeof value === "object" && value !== null && "action" in value
}
