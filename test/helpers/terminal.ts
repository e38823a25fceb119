import { run } from "../../cli/run.ts"
import type { Terminal } from "../../cli/terminal.ts"

/** A terminal in memory, for commands that run in the test's process. */
export class TestTerminal implements Terminal {
  readonly env: NodeJS.ProcessEnv
  readonly colours: boolean = false
  readonly printed: string[] = []
  readonly complaints: string[] = []
  readonly #input: string
  readonly #ending = new AbortController()

  constructor(env: NodeJS.ProcessEnv = {}, input = "") {
    this.env = env
    this.#input = input
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  print(line: string): void {
    this.printed.push(line)
  }

  complain(line: string): void {
    this.complaints.push(line)
  }

  async read(): Promise<string> {
    return this.#input
  }

  /** As Ctrl-C does. */
  end(): void {
    this.#ending.abort()
  }
}

/** What a command has printed, and its exit status. */
export interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
  /** The lines of standard output as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any line
  readonly json: () => any[]
}

/** Runs a command to its end. */
export async function ran(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ""): Promise<Ran> {
  const terminal = new TestTerminal(env, input)
  const status = await run(args, terminal)
  return {
    status,
    stdout: terminal.printed.join("\n"),
    stderr: terminal.complaints.join("\n"),
    json: () => terminal.printed.map((line) => JSON.parse(line)),
  }
}
