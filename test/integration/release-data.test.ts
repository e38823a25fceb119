import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { StreamFormatError } from "../../service/jetstream/stream-format.ts"
import { type RunningService, startService } from "../../service/running-service.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { serviceOptions } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { streamNames } from "../helpers/streams.ts"

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url))

/** Made by `npm run release-data` on the commits of releases. */
const releases = readdirSync(fixtures).flatMap((file) => /^data-(.+)\.tar\.gz$/.exec(file)?.[1] ?? [])

/** A century: sessions of a release stay, however old they are. */
const KEEP_MS = 100 * 365 * 24 * 60 * 60 * 1000

interface Shown {
  readonly model?: Record<string, unknown>
  readonly collection?: readonly unknown[]
}

const FORMAT = "shopwire.format"

for (const release of releases)
  describe(`the data of release ${release}`, () => {
    let natsServer: TestNats
    let nats: NatsConnection
    let jsm: JetStreamManager
    let service: RunningService | undefined

    const start = async (): Promise<void> => {
      const options = { ...serviceOptions, sessions: { ...serviceOptions.sessions, idleMs: KEEP_MS } }
      service = await startService(() => connect({ servers: natsServer.url }), options)
    }

    before(async () => {
      natsServer = await startNats({ files: `${fixtures}data-${release}.tar.gz` })
      nats = await connect({ servers: natsServer.url })
      jsm = await jetstreamManager(nats)
    })

    after(async () => {
      await service?.stop()
      await nats?.close()
      await natsServer?.stop()
    })

    it("is refused with one line if a bucket has a newer or older format, and is not changed", async () => {
      for (const [format, advice] of [
        ["2", /^the stream KV_profiles has format 2, which a newer version of shopwire wrote.*: start that version/],
        [
          "0",
          /^the stream KV_profiles has format 0, which an older version of shopwire wrote.*: start a version between/,
        ],
      ] as const) {
        const { config } = await jsm.streams.update("KV_profiles", { metadata: { [FORMAT]: format } })
        const refused = await start().then(
          () => undefined,
          (error: unknown) => error,
        )
        expect(refused).to.be.instanceOf(StreamFormatError)
        expect((refused as Error).message)
          .to.match(advice)
          .and.not.include("\n")
        expect((await jsm.streams.info("KV_profiles")).config).to.deep.equal(config)
      }
      const { config } = await jsm.streams.info("KV_profiles")
      delete config.metadata?.[FORMAT]
      await jsm.streams.update("KV_profiles", config)
    })

    it("is shown as that release showed it", async () => {
      await start()
      const shown = JSON.parse(readFileSync(`${fixtures}data-${release}.json`, "utf8")) as Record<string, Shown>
      for (const [rid, { model, collection }] of Object.entries(shown)) {
        const { result, error } = await resRequest(nats, `get.${rid}`)
        expect(error, rid).to.equal(undefined)
        // New releases may show more, and a basket becomes idle.
        const { status: _, ...stable } = model ?? {}
        if (model !== undefined) expect(result.model, rid).to.containSubset(stable)
        if (collection === undefined) continue
        expect(result.collection, rid).to.have.length(collection.length)
        expect(result.collection, rid).to.containSubset(collection)
      }
    })

    it("gets the versions of its formats, and the next start finds nothing to change", async () => {
      const configs = async () =>
        Promise.all((await streamNames(jsm)).sort().map(async (name) => (await jsm.streams.info(name)).config))
      const before = await configs()
      expect(before.map(({ name }) => name)).to.include.members(["UPDATES", "KV_sessions", "KV_shopwire-shards"])
      for (const { name, metadata } of before) expect(metadata, name).to.have.property(FORMAT, "1")
      await service?.stop()
      await start()
      expect(await configs()).to.deep.equal(before)
    })
  })

it("the data of at least one release is kept", () => {
  expect(releases).to.not.deep.equal([])
})
