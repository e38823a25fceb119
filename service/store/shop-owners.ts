import type { Shards } from "res-service/sharding"
import { feed } from "../../contract/store.ts"
import type { ShopOwners } from "../shoppers/erasure.ts"

const HIDE = "hide"
const REVEAL = "reveal"
/** Time for the owner of a shop to answer, in ms. It may have to be found first. */
const TIMEOUT_MS = 15_000

interface Hidden {
  readonly seqs: readonly number[]
  readonly work: readonly number[]
}

/** Asks the process that owns a shop. */
export function askShopOwners(shards: Shards): ShopOwners {
  const ask = (task: string, shop_id: string, params: object): Promise<unknown> =>
    shards.ask(task, feed.name({ shop_id }), params, TIMEOUT_MS)
  return {
    hide: async (shopId, seqs, work) => (await ask(HIDE, shopId, { seqs, work } satisfies Hidden)) === true,
    reveal: async (shopId) => void (await ask(REVEAL, shopId, {})),
  }
}

/** Does what other processes ask the owner of a shop to do. */
export function answerAsShopOwner(shards: Shards, own: ShopOwners): void {
  const shopOf = (name: string): string => name.split(".")[1] ?? ""
  shards.onTask(HIDE, async (name, params) => {
    const { seqs, work } = params as Hidden
    return await own.hide(shopOf(name), seqs, work)
  })
  shards.onTask(REVEAL, async (name) => await own.reveal(shopOf(name)))
}
