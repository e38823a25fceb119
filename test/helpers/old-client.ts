import { Storefront } from "./storefront.ts"

/**
 * The BuddyShopping page as shops still have it, with its limits: it shows what the last `multicartUpdate` said and takes no notice
 * of errors; its button says ready and never takes that back; the host's checkout opens when everyone whom it shows is ready.
 */
export class OldClient {
  readonly storefront: Storefront
  readonly #isGuest: boolean

  private constructor(storefront: Storefront, isGuest: boolean) {
    this.storefront = storefront
    this.#isGuest = isGuest
  }

  /** Loads the page and gives a name: a host starts a session, whoever came by an invitation joins it. */
  static async enter(edgeUrl: string, sessionId: string, name: string, isGuest: boolean): Promise<OldClient> {
    const client = new OldClient(await Storefront.open(edgeUrl, sessionId), isGuest)
    await (isGuest ? client.storefront.join(name) : client.storefront.start(name))
    return client
  }

  /** "Ready to checkout!" */
  clickReady(): void {
    const { customerId } = this.storefront
    this.storefront.send("customerReadyToCheckout", { customerId, customerReadyToCheckout: true })
  }

  /** Whether "Go to checkout" can be clicked; only a host has it. */
  get canCheckout(): boolean {
    const { sees } = this.storefront
    return !this.#isGuest && sees !== undefined && sees.every(({ owner }) => owner.isReadyToCheckout)
  }

  /** Leaves the page, as a reload does too. */
  close(): Promise<void> {
    return this.storefront.close()
  }
}
