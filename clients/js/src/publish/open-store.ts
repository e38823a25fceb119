import { IndexedStore } from "./indexed-store.ts"
import { MemoryStore } from "./memory-store.ts"
import type { OutboxStore } from "./outbox-store.ts"

/**
 * The outbox of this browser with that name: in IndexedDB, and in memory where a page may not store anything. All pages of the origin
 * with the same name share it.
 *
 * @param name one for each shop and user, e.g. `${shopId} ${user}`
 */
export async function openStore(name: string): Promise<OutboxStore> {
  return await IndexedStore.open(`shopwire-outbox ${name}`).catch(() => new MemoryStore())
}
