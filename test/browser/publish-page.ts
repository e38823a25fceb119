import { openStore, type PublishEvent, Publisher } from "@shopwire/client/publish"

/** What a test lets a page do with its outbox. */
export interface PublishPage {
  /** Begins to publish to the edge that the page is of. Resolves with whether events survive the page. */
  start(shopId: string): Promise<boolean>
  /** Resolves with the sequence, or the name of the error. */
  publish(event: PublishEvent): Promise<number | string>
  /** Resolves with the name of the error, if there is one. */
  add(events: readonly PublishEvent[]): Promise<string | undefined>
  flush(): Promise<void>
  retry(): void
  waiting(): number
  /** The name and message of the last attempt's error. */
  problem(): string | undefined
  stop(): Promise<void>
}

declare global {
  interface Window {
    publishPage: PublishPage
  }
}

let publisher: Publisher

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error))

window.publishPage = {
  start: async (shopId) => {
    const store = await openStore(shopId)
    publisher = new Publisher({ edgeUrl: "", shopId, store })
    return store.isDurable
  },
  publish: (event) => publisher.publish(event).catch(nameOf),
  add: (events) => publisher.add(events).then(() => undefined, nameOf),
  flush: () => publisher.flush(),
  retry: () => publisher.retry(),
  waiting: () => publisher.state.get().waiting,
  problem: () => {
    const { problem } = publisher.state.get()
    return problem && `${problem.name}: ${problem.message}`
  },
  stop: () => publisher.stop(),
}
