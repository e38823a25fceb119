import { readFileSync } from "node:fs"

/** Unit of the times in `/proc`, in ms: 100 ticks a second on each Linux that Node runs on. */
const TICK_MS = 10
/** `cutime` and `cstime` of proc_pid_stat(5), counted from the field after the name of the program, which is the third. */
const CHILDREN_USER = 16 - 3
const CHILDREN_SYSTEM = 17 - 3

/** Processor time of this process and of all its children that have ended, in ms. Without `/proc`, of this process alone. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000 + endedChildrenMs()
}

function endedChildrenMs(): number {
  let stat: string
  try {
    stat = readFileSync("/proc/self/stat", "utf8")
  } catch {
    return 0
  }
  // The name stands in parentheses, and may hold spaces and more of them.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_SYSTEM])) * TICK_MS
}
