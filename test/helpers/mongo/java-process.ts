import { type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import { Socket } from "node:net"
import { createInterface, type Interface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { PATIENCE_MS } from "../until.ts"

/** A Java process for any number of servers, see `TestMongo.java`. It ends with this process, and does not keep it alive. */
export class JavaProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #answers: Interface
  readonly #ended = new AbortController()
  #last: Promise<unknown> = Promise.resolve()

  /** @param heap as of Java's option -Xmx */
  constructor(classPath: string, heap: string) {
    // Without performance data, which the machine would keep in /tmp after a kill.
    // One thread for each server's connections: commands at the same time sometimes fail there with "Unknown error: null".
    const options = [
      `-Xmx${heap}`,
      "-XX:TieredStopAtLevel=1",
      "-XX:+UseSerialGC",
      "-XX:-UsePerfData",
      "-Dio.netty.eventLoopThreads=1",
    ]
    const child = spawn("java", [...options, "-cp", classPath, "TestMongo"], { stdio: ["pipe", "pipe", "ignore"] })
    const kill = () => child.kill("SIGKILL")
    process.once("exit", kill)
    child.once("close", () => {
      process.off("exit", kill)
      this.#ended.abort(new Error("the Java process has ended"))
    })
    child.on("error", (error) => this.#ended.abort(error))
    child.stdin.on("error", (error) => this.#ended.abort(error))
    child.unref()
    for (const pipe of [child.stdin, child.stdout]) if (pipe instanceof Socket) pipe.unref()
    this.#child = child
    this.#answers = createInterface({ input: child.stdout })
  }

  get hasEnded(): boolean {
    return this.#ended.signal.aborted
  }

  /** Resolves to its port of 127.0.0.1. */
  startServer(): Promise<number> {
    return this.#command("start")
  }

  async stopServer(port: number): Promise<void> {
    if (!this.hasEnded) await this.#command(`stop ${port}`)
  }

  /** One command at a time: answers have no name. */
  #command(line: string): Promise<number> {
    const answer = this.#last.then(() => this.#ask(line))
    this.#last = answer.catch(() => {})
    return answer
  }

  async #ask(line: string): Promise<number> {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(PATIENCE_MS)])
    const answer = once(this.#answers, "line", { signal })
    this.#child.stdin.write(`${line}\n`)
    const [port] = await answer
    return Number(port)
  }
}
