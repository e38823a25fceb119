import { prettyFactory } from "pino-pretty"

/** Width of the longest name in front of a line. */
const NAME_WIDTH = 8

/** The launcher's name in front of its own lines. */
const LAUNCHER = "shopwire"

/** pino's numbers for the levels that nats-server writes as three letters. */
const natsLevels: Readonly<Record<string, number>> = { DBG: 20, INF: 30, WRN: 40, ERR: 50, FTL: 60 }

export interface OutputOptions {
  readonly write: (text: string) => void
  /** JSON lines as pino writes them, for machines; else text with the process's name in front. */
  readonly json: boolean
  readonly colour: boolean
}

/** Everything that the launcher prints: its own lines, and those of its processes. */
export interface Output {
  /** A line of the launcher's own. */
  say(text: string): void
  /** Lines that people may copy, so they have no name in front. */
  show(text: string): void
  /** A line printed by a process: JSON from pino, or any text. */
  line(name: string, text: string): void
  /** A line of nats-server's log; only warnings and errors are shown. */
  natsLine(name: string, text: string): void
}

export function createOutput({ write, json, colour }: OutputOptions): Output {
  const pretty = prettyFactory({
    colorize: colour,
    ignore: "pid,hostname,name",
    singleLine: true,
    translateTime: "HH:MM:ss.l",
  })
  const print = (name: string, text: string): void => {
    const front = `${name.padEnd(NAME_WIDTH)} | `
    for (const line of text.replace(/\n+$/, "").split("\n")) write(`${front}${line}\n`)
  }
  const record = (name: string, level: number, msg: string): string =>
    JSON.stringify({ level, time: Date.now(), name, msg })

  return {
    say(text) {
      if (json) write(`${record(LAUNCHER, 30, text)}\n`)
      else print(LAUNCHER, text)
    },
    show(text) {
      write(json ? `${record(LAUNCHER, 30, text.trim())}\n` : text)
    },
    line(name, text) {
      if (json) write(`${text.startsWith("{") ? text : record(name, 30, text)}\n`)
      else print(name, text.startsWith("{") ? (pretty(text) ?? text) : text)
    },
    natsLine(name, text) {
      const [, letters = "", msg = text] = /\[(DBG|INF|WRN|ERR|FTL)\] (.*)/.exec(text) ?? []
      const level = natsLevels[letters] ?? 50
      if (level < 40) return
      const line = record(name, level, msg)
      if (json) write(`${line}\n`)
      else print(name, pretty(line) ?? text)
    },
  }
}
