/** The origins whose pages may use the gateway. */
export class Origins {
  readonly #allowed: readonly string[]
  readonly #allowsNull: boolean

  /**
   * `setting`: `*`, or origins `<scheme>://<hostname>[:<port>]` separated by semicolons. Throws a `TypeError` for anything else.
   * `allowsNull`: whether `null` is allowed too if origins are listed, as in Resgate.
   */
  constructor(setting: string, allowsNull = true) {
    const origins = setting.split(";").map(lowerAscii)
    for (const origin of origins) {
      if (origin === "*" && origins.length > 1) throw new TypeError("'*' must not be used together with other origins")
      if (origin !== "*" && !isOrigin(origin)) {
        throw new TypeError(`'${origin}' doesn't match <scheme>://<hostname>[:<port>]`)
      }
    }
    this.#allowed = origins.sort()
    this.#allowsNull = allowsNull
  }

  get any(): boolean {
    return this.#allowed[0] === "*"
  }

  /** Also true for requests without an `Origin`, such as those of programs. */
  allows(origin: string | undefined): boolean {
    if (this.any || origin === undefined) return true
    return origin === "null" ? this.#allowsNull : this.#allowed.includes(lowerAscii(origin))
  }

  /** The CORS headers of an answer. */
  headers(origin: string | undefined): Map<string, string[]> {
    if (this.any) return new Map([["Access-Control-Allow-Origin", ["*"]]])
    if (origin === undefined || origin === "null") return new Map()
    const named = this.allows(origin) ? origin : (this.#allowed[0] ?? "")
    return new Map([
      ["Access-Control-Allow-Origin", [named]],
      ["Vary", ["Origin"]],
    ])
  }
}

function isOrigin(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+)(?::\d*)?$/.test(text)
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (c) => c.toLowerCase())
}
