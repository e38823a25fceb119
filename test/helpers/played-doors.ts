import { once } from "node:events"
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer, json } from "node:stream/consumers"

/** What a played door does with a request. */
export interface PlayedRule {
  /**
   * `pass`: passes it on to the real door · `answer`: answers without passing it on · `cut`: closes the connection without passing it on ·
   * `lose`: passes it on, and closes the connection in the place of the answer · `hang`: never answers · `mute`: begins a stream, and
   * sends nothing
   */
  readonly do: "pass" | "answer" | "cut" | "lose" | "hang" | "mute"
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** For `pass`: closes the connection after this many bytes of the answer. */
  readonly cutAfterBytes?: number
  /** For how many requests it counts. Default: 1. */
  readonly times?: number
  /** For how long it counts, from its first request on, instead of `times`. */
  readonly forMs?: number
}

/** A request that came to a played door. */
export interface PlayedRequest {
  readonly atMs: number
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface PlayedDoor {
  rules: readonly PlayedRule[]
  used: number
  since: number | undefined
  readonly requests: PlayedRequest[]
}

/**
 * Doors in front of a real one, for clients of other languages: they do what a network, a proxy or a busy server does, and pass the other
 * requests on. `PUT /<name>` makes a door, with its rules, which count one after the other; after the last one it passes everything on.
 * `GET /<name>` lists the requests that came. The door itself is at `/<name>/door`.
 */
export class PlayedDoors {
  readonly url: string
  readonly #server
  readonly #doors = new Map<string, PlayedDoor>()

  private constructor(server: ReturnType<typeof createServer>, target: string) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on("request", (req, res) => {
      this.#answer(req, res, target).catch(() => res.destroy())
    })
  }

  /** @param target the address of the real door */
  static async start(target: string): Promise<PlayedDoors> {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    return new PlayedDoors(server, target)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, "close")
  }

  async #answer(req: IncomingMessage, res: ServerResponse, target: string): Promise<void> {
    const [, name = "", path] = /^\/([^/]+)(?:\/door(.*))?$/.exec(req.url ?? "") ?? []
    if (path !== undefined) {
      await this.#play(name, path, req, res, target)
    } else if (req.method === "PUT") {
      const rules = (await json(req)) as PlayedRule[]
      this.#doors.set(name, { rules, used: 0, since: undefined, requests: [] })
      res.end()
    } else {
      res.end(JSON.stringify(this.#doors.get(name)?.requests))
    }
  }

  async #play(name: string, path: string, req: IncomingMessage, res: ServerResponse, target: string): Promise<void> {
    const door = this.#doors.get(name)
    if (door === undefined) throw new Error(`there is no door ${name}`)
    const body = await buffer(req)
    const { method = "", headers } = req
    door.requests.push({ atMs: performance.now(), method, path, headers, body: body.toString() })
    const rule = nextRule(door)
    if (rule.do === "cut") res.destroy()
    else if (rule.do === "answer") res.writeHead(rule.status ?? 200, rule.headers).end(rule.body)
    else if (rule.do === "mute") res.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders()
    else if (rule.do !== "hang") passOn(rule, new URL(path, target), req, body, res)
  }
}

function nextRule(door: PlayedDoor): PlayedRule {
  for (;;) {
    const rule = door.rules[0]
    if (rule === undefined) return { do: "pass" }
    door.since ??= performance.now()
    const isOver =
      rule.forMs === undefined ? door.used >= (rule.times ?? 1) : performance.now() - door.since > rule.forMs
    door.used++
    if (!isOver) return rule
    door.rules = door.rules.slice(1)
    door.used = 0
    door.since = undefined
  }
}

function passOn(rule: PlayedRule, url: URL, req: IncomingMessage, body: Buffer, res: ServerResponse): void {
  const headers = { ...req.headers, host: url.host }
  const passed = request(url, { method: req.method, headers, agent: false }, (answer) => {
    if (rule.do === "lose") {
      answer.resume().once("end", () => res.destroy())
      return
    }
    res.writeHead(answer.statusCode ?? 0, answer.headers)
    let left = rule.cutAfterBytes ?? Number.POSITIVE_INFINITY
    answer.on("data", (bytes: Buffer) => {
      res.write(bytes.subarray(0, left))
      left -= bytes.length
      if (left > 0) return
      answer.destroy()
      // What was written goes out before the end.
      res.socket?.end()
    })
    answer.once("end", () => res.end())
    answer.once("error", () => res.destroy())
  })
  passed.once("error", () => res.destroy())
  res.once("close", () => passed.destroy())
  passed.end(body)
}
