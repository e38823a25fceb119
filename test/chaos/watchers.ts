import { setTimeout as sleep } from "node:timers/promises"
import type { Mirror, Client as ResNatsClient } from "res-service/client"
import { get } from "../helpers/http.ts"
import { type Client, resClient } from "../helpers/res-client.ts"
import type { Door } from "./world.ts"

/** Pause before a resource is got again that was refused, in ms. */
const AGAIN_MS = 500

/** Time for resclient to drop a resource that nobody listens to, in ms; until then it does not get it again. */
const LET_GO_MS = 6000

/** Somebody who shows a resource. */
export interface Watcher {
  readonly name: string
  readonly rid: string
  /** What it shows now, as a fresh get gives it; undefined if it shows nothing. */
  shows(): unknown | Promise<unknown>
  stop(): void
}

/** What is used of a resource of resclient, of either type. */
interface Shown {
  readonly props?: unknown
  readonly list?: readonly unknown[]
  on(event: null, handler: Listener): void
  off(event: null, handler: Listener): void
}

type Listener = (data: unknown, resource: unknown, name: string, action: string | null) => void

/**
 * A page with resclient at a gateway: one connection, several resources. As the merchant's page, it lets everything go when the
 * connection is lost, and gets it again; what resclient 2.5.0 keeps over a reconnect does not become right if a reference has moved.
 */
export class Page {
  readonly client: Client
  /** What resclient has thrown, and at which messages. */
  readonly complaints: string[] = []
  readonly #gateway: Door
  readonly #reload = new Set<(pauseMs: number) => void>()
  readonly #lost = new Set<() => void>()

  constructor(gateway: Door) {
    this.#gateway = gateway
    this.client = resClient(gateway.url.replace("http", "ws"), {
      onError: (error, message) =>
        this.complaints.push(`a page at ${gateway.victim.name}: ${String(error)} at ${message.slice(0, 300)}`),
      onClose: () => {
        for (const reload of this.#reload) reload(AGAIN_MS)
        for (const lost of this.#lost) lost()
      },
    })
  }

  /** A call, which rejects when the connection is lost: resclient would leave it pending. */
  async call<T>(rid: string, method: string, params?: object): Promise<T> {
    let tellLost = (): void => {}
    const lost = new Promise<never>((_, reject) => {
      tellLost = () => reject(new Error("the connection was lost"))
    })
    this.#lost.add(tellLost)
    try {
      return await Promise.race([this.client.call<T>(rid, method, params), lost])
    } finally {
      this.#lost.delete(tellLost)
    }
  }

  /**
   * Runs a task on each new connection, before anything else is sent. When the connection is lost meanwhile, resclient is not told of its
   * end: resclient 2.5.0 would take itself for connected from then on, without a socket.
   */
  onConnect(task: () => Promise<unknown>): void {
    this.client.setOnConnect(
      () =>
        new Promise((resolve) => {
          let isLost = false
          const noteLost = (): void => {
            isLost = true
          }
          this.#lost.add(noteLost)
          void task().finally(() => {
            this.#lost.delete(noteLost)
            if (!isLost) resolve(undefined)
          })
        }),
    )
  }

  watch(rid: string): Watcher {
    let resource: Shown | undefined
    /** Grows with each attempt, so that earlier ones end. */
    let attempt = 0
    const onEvent: Listener = (_data, changed, _name, action) => {
      if (action === "unsubscribe" && changed === resource) reload(AGAIN_MS)
      else if (resource?.list?.some(isError)) reload(LET_GO_MS)
    }
    const reload = (pauseMs: number): void => {
      resource?.off(null, onEvent)
      resource = undefined
      void load(++attempt, pauseMs)
    }
    const load = async (current: number, pauseMs: number): Promise<void> => {
      for (await sleep(pauseMs); current === attempt; await sleep(AGAIN_MS)) {
        const loaded = await this.client.get<Shown>(rid).catch(() => undefined)
        // resclient gives the error of a reference as if it were the resource.
        if (loaded === undefined || isError(loaded) || current !== attempt) continue
        resource = loaded
        resource.on(null, onEvent)
        if (resource.list?.some(isError)) reload(LET_GO_MS)
        return
      }
    }
    // A model that leaves its collection is subscribed to directly, which is refused if it is gone. Only this tells it.
    const onError = ({ method }: { method?: string }): void => {
      if (resource !== undefined && method === `subscribe.${rid}`) reload(AGAIN_MS)
    }
    this.client.on("error", onError)
    this.#reload.add(reload)
    reload(0)
    return {
      name: `${rid} by ${this.#gateway.victim.name}`,
      rid,
      shows: () => plain(resource),
      stop: () => {
        this.#reload.delete(reload)
        attempt++
      },
    }
  }

  close(): void {
    this.client.disconnect()
  }
}

/** A mirror of a resource, straight on NATS. It is made again when it could not be loaded, or was deleted. */
export function watchMirror(client: ResNatsClient, rid: string): Watcher {
  let isStopped = false
  const open = (): Mirror => {
    const opened = client.mirror(rid)
    const again = async (): Promise<void> => {
      opened.close()
      await sleep(AGAIN_MS)
      if (!isStopped) mirror = open()
    }
    opened.ready.catch(again)
    opened.onEvent(({ type, rid: changed }) => type === "delete" && changed === rid && void again())
    return opened
  }
  let mirror = open()
  const stop = (): void => {
    isStopped = true
    mirror.close()
  }
  return { name: `${rid} in a mirror`, rid, shows: () => mirror.value ?? undefined, stop }
}

/** Asks a gateway's HTTP API. */
export function watchApi(gateway: Door, rid: string): Watcher {
  return {
    name: `GET /api of ${rid} by ${gateway.victim.name}`,
    rid,
    shows: async () => {
      const answer = await get(`${gateway.url}/api/${rid.replaceAll(".", "/")}`).catch(() => undefined)
      return answer?.status === 200 ? answer.body : undefined
    },
    stop: () => {},
  }
}

/** An element of a collection that the gateway could not load; no event tells when it can. */
function isError(value: unknown): boolean {
  return typeof value === "object" && value !== null && "code" in value
}

function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  if ("props" in value) return plain({ ...(value.props as object) })
  // Lists, and resclient's collections.
  if (Symbol.iterator in value) return [...(value as Iterable<unknown>)].map(plain)
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
}
