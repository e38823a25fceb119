import { toJson } from "./json.ts"

/** The cart of this page, and whether friends see it already. */
export class OwnCart {
  readonly #onDue: () => void
  #content: object | undefined
  /** The JSON of the cart that was sent on this connection. */
  #sent: string | undefined
  #isNews = false
  #due: ReturnType<typeof setTimeout> | undefined

  /** `onDue`: called when the cart should be sent. */
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

  /** The cart with its JSON, unless it was already sent on this connection. */
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

  /** Friends see this cart, or a newer one from another page. */
  markShown(): void {
    this.#isNews = false
  }

  markSent(): void {
    this.#sent = toJson(this.#content)
  }

  /** The cart must be sent again: on a new connection, or because it could not be stored. */
  markUnsent(): void {
    this.#sent = undefined
  }

  /** Sends the cart after `ms`, unless it is already due at some time. */
  sendSoon(ms: number): void {
    this.#due ??= setTimeout(this.#onDue, ms)
  }

  cancelSending(): void {
    clearTimeout(this.#due)
    this.#due = undefined
  }
}
