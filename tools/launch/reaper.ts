// The launcher runs this program. When the launcher is gone, even by kill -9, it stops the launcher's processes.
// It reads lines `add <pid>` and `drop <pid>` from stdin; the end of stdin means that the launcher is gone.
import { createInterface } from "node:readline"
import { type KnownProcess, processIdentity, stopProcess } from "../programs/process-identity.ts"

/** Time for a process to stop, in ms; then it is killed. */
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
