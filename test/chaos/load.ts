import { natsConn } from "res-service"
import { Client } from "res-service/client"
import type { Random } from "../../tools/demo/random.ts"
import type { SharedCart } from "../helpers/storefront.ts"
import { checkWatcher } from "./checker.ts"
import type { Evidence, SessionEvidence, ShopEvidence, WatcherEvidence } from "./evidence.ts"
import { freshGet } from "./fresh.ts"
import { LogCopy } from "./log-copy.ts"
import type { Loop } from "./loop.ts"
import { Member } from "./member.ts"
import { basketsOf, Publisher, type PublisherOptions } from "./publisher.ts"
import { HistoryReader, SseReader } from "./readers.ts"
import { Page, type Watcher, watchApi, watchMirror } from "./watchers.ts"
import type { Door, World } from "./world.ts"

/** How many use the product, and how busily. */
export interface LoadSize {
  /** Each with a publisher with keys at each edge, and one without. */
  readonly shops: number
  readonly sessions: number
  /** Of each session; old sockets and pages take turns. */
  readonly members: number
  /** Between two requests of a publisher or a member, in ms. */
  readonly pauseMs: number
}

/** One shop, with its publishers and readers. */
interface Shop {
  readonly id: string
  readonly publishers: readonly Publisher[]
  readonly history: HistoryReader
  streams: readonly SseReader[]
}

interface Session {
  readonly id: string
  readonly members: readonly Member[]
}

/** Everyone who uses the product: publishers, members of sessions, watchers and readers. */
export class Load {
  readonly #world: World
  readonly #log: LogCopy
  readonly #client: Client
  readonly #shops: readonly Shop[]
  readonly #sessions: readonly Session[]
  readonly #pages: readonly Page[]
  readonly #watchers: readonly Watcher[]
  /** What was seen when all were last compared. */
  #watched: WatcherEvidence[] | undefined

  constructor(world: World, random: Random, { shops, sessions, members, pauseMs }: LoadSize) {
    this.#world = world
    this.#log = new LogCopy(world.nats)
    this.#client = new Client(natsConn(world.nats))
    const edgeOf = (i: number): Door => at(world.edges, i)
    const gatewayOf = (i: number): Door => at(world.gateways, i)
    this.#shops = Array.from({ length: shops }, (_, i) => {
      const id = random.uuid()
      const publisher = (edge: Door, repeats: PublisherOptions["repeats"]): Publisher =>
        new Publisher({ edge, shopId: id, repeats, pauseMs, seed: random.int(0, 2 ** 31) })
      const publishers = [
        ...world.edges.map((edge, e) => publisher(edge, (i + e) % 2 === 0 ? "key" : "producer")),
        publisher(edgeOf(i), undefined),
      ]
      const acknowledged = () => publishers[0]?.acknowledged ?? []
      const history = new HistoryReader({ edge: edgeOf(i + 1), gateway: gatewayOf(i) }, id, acknowledged)
      return { id, publishers, history, streams: streamsOf(world, id) }
    })
    this.#sessions = Array.from({ length: sessions }, (_, s) => {
      const id = `chaos-${random.uuid().slice(0, 8)}`
      const member = (_: unknown, i: number): Member => {
        const kind = i % 2 === 0 ? "old socket" : "page"
        const door = kind === "page" ? gatewayOf(i >> 1) : edgeOf(i >> 1)
        const seed = random.int(0, 2 ** 31)
        return new Member({ world, door, kind, sessionId: id, label: `s${s + 1}m${i + 1}`, pauseMs, seed })
      }
      return { id, members: Array.from({ length: members }, member) }
    })
    this.#pages = world.gateways.map((gateway) => new Page(gateway))
    const shopRids = this.#shops.flatMap(({ id }) => ridsOf(id))
    const sessionRids = this.#sessions.map(({ id }) => `session.${id}.multicart`)
    const rids = [...shopRids, ...sessionRids]
    this.#watchers = [
      ...this.#pages.flatMap((page) => rids.map((rid) => page.watch(rid))),
      ...world.gateways.flatMap((gateway) => rids.map((rid) => watchApi(gateway, rid))),
      ...rids.map((rid) => watchMirror(this.#client, rid)),
    ]
  }

  /** Requests that were answered with 200, and that were not. */
  get counts(): { readonly acknowledged: number; readonly failed: number } {
    const publishers = this.#shops.flatMap((shop) => shop.publishers)
    const acknowledged = publishers.reduce((sum, publisher) => sum + publisher.succeeded, 0)
    return { acknowledged, failed: publishers.reduce((sum, publisher) => sum + publisher.failed, 0) }
  }

  /** Whether each publisher and each member has succeeded since `ms`, by `performance.now()`. */
  hasSucceededSince(ms: number): boolean {
    const workers = [
      ...this.#shops.flatMap(({ publishers }) => publishers),
      ...this.#sessions.flatMap(({ members }) => members),
    ]
    return workers.every(({ succeededAt }) => succeededAt > ms)
  }

  /** Resolves when no request is under way. */
  async pause(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.pause()))
  }

  resume(): void {
    this.#watched = undefined
    for (const { history } of this.#shops) history.forget()
    for (const loop of this.#loops) loop.resume()
  }

  /**
   * Forgets what was acknowledged and read, because stored data was deleted on purpose, and closes the streams: an edge may show a little
   * of the old log until it knows the new one. Meant for a pause.
   */
  async forget(): Promise<void> {
    for (const shop of this.#shops) {
      for (const publisher of shop.publishers) publisher.forget()
      shop.history.forget()
      await Promise.all(shop.streams.map((stream) => stream.stop()))
      shop.streams = []
    }
    for (const { members } of this.#sessions) for (const member of members) member.forget()
  }

  /** Opens the streams again after `forget`. */
  openStreams(): void {
    for (const shop of this.#shops) shop.streams = streamsOf(this.#world, shop.id)
  }

  /** What each watcher shows now, and what a fresh get gives. */
  async #watch(): Promise<WatcherEvidence[]> {
    const old = this.#sessions.flatMap(({ members }) => members.flatMap(({ watcher }) => watcher ?? []))
    const watchers = [...this.#watchers, ...old]
    const fresh = new Map<string, Promise<unknown>>()
    for (const { rid } of watchers) if (!fresh.has(rid)) fresh.set(rid, freshGet(this.#client, rid))
    return await Promise.all(
      watchers.map(async ({ name, rid, shows }) => ({
        watcher: name,
        shows: await shows(),
        fresh: await fresh.get(rid),
      })),
    )
  }

  /** What is not right yet: watchers, and streams that are not at the log's end. Meant for a pause. */
  async unseen(): Promise<string[]> {
    await this.#log.read()
    const behind = this.#shops.flatMap(({ id, streams }) => {
      const last = this.#log.of(id).events.at(-1)?.seq ?? 0
      return streams.flatMap((stream) => {
        const at = stream.reading(last).seqs.at(-1) ?? 0
        return at === last ? [] : [`${stream.name} is at ${at}, the log at ${last}`]
      })
    })
    // Figures change with time, so what was right once is right.
    this.#watched = await this.#watch()
    return [...behind, ...this.#watched.flatMap(checkWatcher).map(({ text }) => text)]
  }

  /**
   * All that was seen so far. Meant for a pause.
   *
   * @returns undefined if the log has grown meanwhile: a request that nobody waits for any more may be carried out late
   */
  async evidence(): Promise<Evidence | undefined> {
    const { lastSeq } = this.#log
    const clients = [
      ...this.#shops.flatMap(({ publishers }) => publishers),
      ...this.#sessions.flatMap(({ members }) => members),
      ...this.#pages,
    ]
    const evidence = {
      shops: await Promise.all(this.#shops.map((shop) => this.#shopEvidence(shop))),
      sessions: await Promise.all(this.#sessions.map((session) => this.#sessionEvidence(session))),
      watchers: this.#watched ?? (await this.#watch()),
      complaints: clients.flatMap(({ complaints }) => complaints),
    }
    await this.#log.read()
    return this.#log.lastSeq === lastSeq ? evidence : undefined
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sessions.flatMap(({ members }) => members.map((member) => member.stop())))
    await Promise.all(this.#loops.map((loop) => loop.stop()))
    await Promise.all(this.#shops.flatMap(({ streams }) => streams.map((stream) => stream.stop())))
    for (const watcher of this.#watchers) watcher.stop()
    for (const page of this.#pages) page.close()
    this.#client.close()
  }

  get #loops(): readonly Loop[] {
    return [
      ...this.#shops.flatMap(({ publishers, history }) => [...publishers, history].map(({ loop }) => loop)),
      ...this.#sessions.flatMap(({ members }) => members.map(({ loop }) => loop)),
    ]
  }

  async #shopEvidence({ id, publishers, history, streams }: Shop): Promise<ShopEvidence> {
    const { events, newest } = this.#log.of(id)
    const last = events.at(-1)?.seq ?? 0
    return {
      shopId: id,
      log: events,
      newest,
      feed: await freshGet(this.#client, `store.${id}.feed`),
      acknowledged: publishers.flatMap(({ acknowledged }) => acknowledged),
      readings: [...streams.map((stream) => stream.reading(last)), ...history.readings],
    }
  }

  async #sessionEvidence({ id, members }: Session): Promise<SessionEvidence> {
    const carts = await freshGet(this.#client, `session.${id}.multicart`)
    return {
      id,
      carts: Array.isArray(carts) ? (carts as SharedCart[]) : [],
      members: members.flatMap(({ evidence }) => evidence ?? []),
      left: members.flatMap(({ left }) => left),
      maybeIn: members.flatMap(({ maybeIn }) => maybeIn),
      thrownOut: members.flatMap(({ thrownOut }) => thrownOut),
    }
  }
}

/** What is watched of a shop. */
function ridsOf(shopId: string): string[] {
  const [basket] = basketsOf(shopId)
  return [
    `store.${shopId}.feed`,
    `store.${shopId}.baskets`,
    `store.${shopId}.orders`,
    `store.${shopId}.basket.${basket}`,
    `store.${shopId}.stats`,
    `store.${shopId}.digest`,
  ]
}

function streamsOf(world: World, shopId: string): SseReader[] {
  return world.edges.map((edge) => new SseReader(edge, shopId))
}

function at<T>(list: readonly T[], i: number): T {
  const element = list[i % list.length]
  if (element === undefined) throw new Error("an empty list")
  return element
}
