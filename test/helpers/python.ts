import { spawn } from "node:child_process"
import { text } from "node:stream/consumers"
import { findProgram } from "../../tools/programs/find-program.ts"

/** Python 3, if there is one: for readers that are not ours. */
export const python = findProgram(["python3"])

/** What a Python program prints, parsed as JSON; it reads `input` from its standard input. */
export async function runPython(program: string, input: string): Promise<unknown> {
  const child = spawn(python ?? "python3", ["-c", program], { stdio: ["pipe", "pipe", "inherit"] })
  child.stdin.end(input)
  const [printed, code] = await Promise.all([
    text(child.stdout),
    new Promise((resolve) => child.once("close", resolve)),
  ])
  if (code !== 0) throw new Error(`python3 ended with ${code}`)
  return JSON.parse(printed)
}
