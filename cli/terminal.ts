import { text } from "node:stream/consumers"
import { styleText } from "node:util"

export type Style = Parameters<typeof styleText>[0]

/** Where a command reads and writes, and what ends it. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv
  /** Aborted by Ctrl-C, which is how a command that watches something ends. */
  readonly signal: AbortSignal
  /** Whether a person looks at standard output, so that colours help. */
  readonly colours: boolean
  /** Writes a line to standard output. */
  print(line: string): void
  /** Writes a line to standard error. */
  complain(line: string): void
  /** All of standard input. */
  read(): Promise<string>
}

/**
 * The terminal of this process. A second Ctrl-C ends the process at once. When the reader of standard output has enough, as `head` has, the
 * command ends as by Ctrl-C.
 */
export function processTerminal(): Terminal {
  const ending = new AbortController()
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort())
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error
      ending.abort()
    })
  }
  return {
    env: process.env,
    signal: ending.signal,
    colours: process.stdout.isTTY && process.stdout.hasColors(),
    print: (line) => void process.stdout.write(`${line}\n`),
    complain: (line) => void process.stderr.write(`${line}\n`),
    read: () => text(process.stdin),
  }
}

/** A text in a style, if a person looks at it. */
export function styled({ colours }: Terminal, style: Style, text: string): string {
  return colours ? styleText(style, text, { validateStream: false }) : text
}

/** A line with a label, padded so that the texts of several lines stand below each other. */
export function labelled(label: string, what: string): string {
  return `${label.padEnd(9)}${what}`
}

/** A text of a stranger, on one line and without characters by which a terminal could be controlled or misled. */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd")
}

/** A value as one line of JSON that no terminal takes for a command: JSON itself escapes only some control characters. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}
