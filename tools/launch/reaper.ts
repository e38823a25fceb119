// Run by the launcher: when the launcher is gone, however that came (kill -9), this stops the processes it has left.
// Reads lines `add <pid>` and `drop <pid>` from stdin, whose end means that the launcher is gone.
import { createInterface } from "node:readline"
import { type KnownProcess, processIdentity, stopProcess } from "../programs/process-identity.ts"

/** Time for a process to drain before it is killed. */
const PATIENCE_MS = 8000

const left = new Map<number, KnownProcess>()
for await (const line of createInterface({ input: process.stdin })) {
  const [word, id] = line.split(" ")
  const pid = Number(id)
  const identity = word === "add" ? processIdentity(pid) : undefined
  if (identity === undefined) left.delete(pid)
  else left.set(pid, { pid, identity })
}
await Promise.all([...left.values()].map((known) => stopProcess(known, PATIENCE_MS)))
