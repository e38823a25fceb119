import { randomUUID } from "node:crypto"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { publishEvent } from "../helpers/events.ts"
import { headerAuth, useGateway } from "../helpers/gateway.ts"
import { post } from "../helpers/http.ts"
import { useIssuer } from "../helpers/issuer.ts"
import { MemoryLogger } from "../helpers/memory-logger.ts"
import { useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { type Client, type ClientCollection, type ClientModel, useClients } from "../helpers/res-client.ts"
import { useStorefronts } from "../helpers/storefront.ts"
import { streamNames } from "../helpers/streams.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

/** The log line about a stream that was missing. */
const SHARDS_STREAM = "KV_shopwire-shards"
const MADE_AGAIN = "a stream was missing, with all that was in it; it was made again"

describe("a living service whose streams are deleted", function () {
  this.timeout(4 * PATIENCE_MS)
  const logger = new MemoryLogger()
  const issuer = useIssuer()
  const product = useProduct(() => ({
    auth: { verifier: issuer.verifier, cookie: undefined },
    sessions: { absenceMs: 1000 },
    logger,
  }))
  const gateway = useGateway(product, headerAuth)
  const newClient = useClients(gateway)
  const openStorefront = useStorefronts(product)
  const shop = randomUUID()
  let bearer: string

  before(async () => {
    bearer = await issuer.token({ role: "admin", shops: [] })
  })

  /** Publishes with a key until that is acknowledged. Resolves to the event's sequence. */
  const publish = async (): Promise<number> => {
    const event = publishEvent({ shop_id: shop, session_id: randomUUID() })
    const headers = { authorization: `Bearer ${bearer}`, "Idempotency-Key": randomUUID() }
    const answer = await until("a POST that is acknowledged", async () => {
      const tried = await post(`${product.edgeUrl}/publish/${shop}`, event, headers)
      return tried.status === 200 ? tried : undefined
    })
    return Number(answer.headers.get("x-event-seq"))
  }

  const logIn = async (): Promise<Client> => {
    const client = newClient()
    await until("a login", () =>
      client.authenticate("shopwire.auth", "login", { token: bearer }).then(
        () => true,
        () => false,
      ),
    )
    return client
  }

  const resultOf = async (rid: string): Promise<unknown> => {
    const { result } = await resRequest(product.nats, `get.${rid}`).catch(() => ({ result: undefined }))
    return result
  }

  /** Watches all that a shop and a session have, as screens do. */
  const watch = async () => {
    const client = await logIn()
    const feed = await client.get<ClientCollection<ShownEvent>>(`store.${shop}.feed`)
    const stats = await client.get<ClientModel<{ events: number }>>(`store.${shop}.stats`)
    const baskets = await client.get<ClientCollection<unknown>>(`store.${shop}.baskets`)
    for (const each of [feed, baskets]) each.on("add", () => {})
    stats.on("change", () => {})
    const session = `s-${randomUUID().slice(0, 8)}`
    const page = await openStorefront(session)
    await until("a session to start", () =>
      page.start("Ann").then(
        () => true,
        () => false,
      ),
    )
    const isRight = async (): Promise<boolean> => {
      const fresh = await getFeed(product.nats, shop).catch(() => undefined)
      const freshStats = (await resultOf(`store.${shop}.stats`)) as { model: { events: number } } | undefined
      const freshBaskets = (await resultOf(`store.${shop}.baskets`)) as { collection: unknown[] } | undefined
      const carts = (await resultOf(`session.${session}.multicart`)) as { collection: unknown[] } | undefined
      return (
        isDeepStrictEqual(
          [...feed].map(({ seq }) => seq),
          fresh?.map(({ seq }) => seq),
        ) &&
        stats.props.events === freshStats?.model.events &&
        baskets.length === freshBaskets?.collection.length &&
        page.sees?.length === carts?.collection.length
      )
    }
    return { isRight, feed, page }
  }
  type Watched = Awaited<ReturnType<typeof watch>>

  const worksAgain = async (after: string, { isRight, feed }: Watched): Promise<void> => {
    const seq = await publish()
    await until(`the event on the screen after ${after}`, () => [...feed].some((event) => event.seq === seq))
    await until(`screens equal to what a fresh get gives after ${after}`, isRight)
    const again = await watch()
    await until(`new screens to be right after ${after}`, again.isRight)
    await again.page.close()
  }

  it("makes each again, says so once, and goes on without a restart", async () => {
    await publish()
    const watched = await watch()
    const jsm = await jetstreamManager(product.nats)
    // An erasure has a bucket of its own.
    await resRequest(product.nats, "call.shopwire.shoppers.erase", {
      params: { shopper_id: randomUUID() },
      token: { bearer },
    })
    const names = await streamNames(jsm)
    expect(names).to.include.members(["UPDATES", "KV_sessions", "KV_logins", "KV_secrets", "KV_projections"])
    for (const name of names) {
      logger.lines.length = 0
      await jsm.streams.delete(name)
      // Without it the service begins again, when it notices. Until then it goes on.
      if (name === SHARDS_STREAM)
        await until("the service to begin again", () => logger.messages("warn").includes("lost the lease"))
      await worksAgain(`${name} was deleted`, watched)
      await until(`${name} to be made again`, async () => (await streamNames(jsm)).includes(name))
      if (name === SHARDS_STREAM) continue
      const said = () => logger.lines.filter((line) => line.includes(MADE_AGAIN) && JSON.parse(line).stream === name)
      await until(`the log to say so of ${name}`, () => said().length > 0)
      expect(said(), name).to.have.length(1)
    }
  })

  it("makes all again when nats-server has lost its files", async () => {
    const watched = await watch()
    await product.natsServer.kill()
    await rm(join(product.natsServer.storeDir, "jetstream"), { recursive: true })
    await product.restartNats()
    await worksAgain("the files were wiped", watched)
  })
})
