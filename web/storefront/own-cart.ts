import { toJson } from "./json.ts"

/** The cart of this page, and how much of it friends see. */
export class OwnCart {
  readonly #onDue: () => void
  #content: object | undefined
  /** As JSON, the cart that this connection has sent. */
  #sent: string | undefined
  #isNews = false
  #due: ReturnType<typeof setTimeout> | undefined

  /** `onDue`: called when the cart is to be sent. */
  constructor(onDue: () => void) {
    this.#onDue = onDue
  }

  get content(): object | undefined {
    return this.#content
  }

  /** True while the cart of this page is newer than the one that friends see. */
  get isNews(): boolean {
    return this.#isNews
  }

  /** The cart with its JSON, unless this connection has sent it already. */
  get unsent(): { readonly content: object; readonly json: string } | undefined {
    if (this.#content === undefined) return undefined
    const json = toJson(this.#content)
    return json === this.#sent ? undefined : { content: this.#content, json }
  }

  set(content: object): void {
    this.#content = content
    this.#isNews = true
  }

  isEqualTo(content: unknown): boolean {
    return toJson(content) === toJson(this.#content)
  }

  /** Friends see this cart, or a newer one of another page. */
  markShown(): void {
    this.#isNews = false
  }

  markSent(): void {
    this.#sent = toJson(this.#content)
  }

  /** The cart must be sent again: on a new connection, or as it could not be stored. */
  markUnsent(): void {
    this.#sent = undefined
  }

  /** Sends the cart after `ms`, or when it is due already. */
  sendSoon(ms: number): void {
    this.#due ??= setTimeout(this.#onDue, ms)
  }

  cancelSending(): void {
    clearTimeout(this.#due)
    this.#due = undefined
  }
}
