import { type Db, MongoClient } from "mongodb"
import { type ArchiverOptions, type RunningArchiver, startArchiver } from "../../service/archive/archiver.ts"
import { mongoVia } from "./archive.ts"
import { MemoryLogger } from "./memory-logger.ts"
import { startMongo, type TestMongo } from "./mongo/mongo.ts"
import { type Product, type ProductOptions, startProduct, useProduct } from "./product.ts"
import { skip } from "./skip.ts"
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts"
import { standIn, use, useInEachTest } from "./use.ts"

/** To be called in a `describe`: one MongoDB for all its tests, which are skipped where there is none. */
export function useMongo(): { readonly mongo: TestMongo; readonly db: Db } {
  const mongo = use(async (context) => {
    const started = await startMongo()
    return typeof started === "string" ? skip(context, started) : started
  })
  const client = use(async () => {
    const connected = new MongoClient(mongo.url)
    return { db: connected.db(), stop: () => connected.close() }
  })
  return { mongo, db: standIn(() => client.db) }
}

/** Archivers that tests start. */
export interface Archivers {
  /** What all of them log. */
  readonly logger: MemoryLogger
  start(options?: Partial<ArchiverOptions>): Promise<RunningArchiver>
  /** Stops all of them; others may be started then. */
  stop(): Promise<void>
}

/** @param options of all of them; their times have defaults */
export function archiversOf(
  product: Product,
  options: Partial<ArchiverOptions> & Pick<ArchiverOptions, "url">,
): Archivers {
  const logger = new MemoryLogger()
  const running: RunningArchiver[] = []
  return {
    logger,
    start: async (own = {}) => {
      const times = { takeoverMs: 1000, timeoutMs: 5000 }
      const archiver = await startArchiver(product.nats, { ...times, logger, ...options, ...own })
      running.push(archiver)
      return archiver
    },
    stop: async () => {
      await Promise.all(running.splice(0).map((archiver) => archiver.stop()))
    },
  }
}

/** What a suite of the archive works with. All but `mongo` and `db` is another one in each test. */
export interface ArchiveSuite {
  readonly mongo: TestMongo
  /** Empty at the start of each test. */
  readonly db: Db
  /** Between the archivers and MongoDB. */
  readonly proxy: TcpProxy
  readonly product: Product
  /** None runs at the start of a test. */
  readonly archivers: Archivers
  readonly logger: MemoryLogger
  /** Stops the archivers and the product, and starts another product. */
  replaceProduct(options: ProductOptions): Promise<void>
}

/**
 * To be called in a `describe`: one MongoDB for all its tests, and one product for each of them.
 *
 * @param options of the archivers
 */
export function useArchive(options: Partial<ArchiverOptions> = {}): ArchiveSuite {
  const { mongo, db } = useMongo()
  const proxy = useInEachTest(async () => {
    await db.dropDatabase()
    return await startTcpProxy(mongo)
  })
  const running = useInEachTest(async () => {
    let product = await startProduct()
    return {
      product: () => product,
      replace: async (own: ProductOptions) => {
        await product.stop()
        product = await startProduct(own)
      },
      stop: () => product.stop(),
    }
  })
  const product = standIn(() => running.product())
  const archivers = useInEachTest(async () =>
    archiversOf(product, { url: mongoVia(mongo.url, proxy.port), ...options }),
  )
  return {
    mongo,
    db,
    proxy,
    product,
    archivers,
    logger: standIn(() => archivers.logger),
    replaceProduct: async (own) => {
      await archivers.stop()
      await running.replace(own)
    },
  }
}

/**
 * To be called in a `describe`: one MongoDB, and one product that reads from it, for all its tests. An archiver runs.
 *
 * @param options of the archivers
 */
export function useArchivedProduct(
  options: Partial<ArchiverOptions> = {},
): Pick<ArchiveSuite, "db" | "product" | "archivers"> {
  const { mongo, db } = useMongo()
  const product = useProduct(() => ({ archive: { url: mongo.url, timeoutMs: 5000 } }))
  const archivers = use(async () => archiversOf(product, { url: mongo.url, ...options }))
  before(async () => {
    await archivers.start()
  })
  return { db, product, archivers }
}
