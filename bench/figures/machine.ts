import { readdirSync, readFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg, totalmem } from "node:os"
import type { Values } from "./figures.ts"
import type { Machine } from "./run.ts"

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  }
}

/** CPU time since the machine started, in ticks of all cores: of everything, idle, and of this process with its descendants. */
export interface CpuTimes {
  readonly total: number
  readonly idle: number
  readonly ours: number
}

/** CPU time that other processes, and other machines on the same hardware, took between two points, in percent of all cores. */
export function othersPercent(before: CpuTimes, after: CpuTimes): number {
  const total = after.total - before.total
  if (total <= 0) return 0
  const others = total - (after.idle - before.idle) - (after.ours - before.ours)
  return Math.max(0, Math.round((others / total) * 100))
}

/** Measures, and adds how busy the machine was otherwise meanwhile. */
export async function withMachine(measure: () => Promise<Values>): Promise<Values> {
  const before = cpuTimes()
  const values = await measure()
  const loadAverage = Math.round((loadavg()[0] ?? 0) * 10) / 10
  return { ...values, othersPercent: othersPercent(before, cpuTimes()), loadAverage }
}

function cpuTimes(): CpuTimes {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1)
  const stats = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readStat(pid) ?? [])
  return { ...machineTimes(line), ours: treeTicks(stats, process.pid) }
}

/** Of the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal; guests are counted among users. */
export function machineTimes(line: string): Pick<CpuTimes, "total" | "idle"> {
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  const [, , , idle = 0, iowait = 0] = ticks
  return { total: ticks.reduce((sum, each) => sum + each, 0), idle: idle + iowait }
}

/** A process as `/proc/<pid>/stat` has it. */
export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** Of its threads, and of its children that have ended. */
  readonly ticks: number
}

/** Undefined: it is no such text. */
export function parseStat(text: string): ProcessStat | undefined {
  // The name may have spaces and brackets.
  const [, pid, rest = ""] = /^(\d+) \(.*\) (.*)$/s.exec(text) ?? []
  if (pid === undefined) return undefined
  const fields = rest.split(" ")
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0)
  return { pid: Number(pid), parent: Number(fields[1]), ticks }
}

/** Of a process and all its descendants. */
export function treeTicks(stats: readonly ProcessStat[], root: number): number {
  const own = stats.find(({ pid }) => pid === root)?.ticks ?? 0
  return stats.filter(({ parent }) => parent === root).reduce((sum, { pid }) => sum + treeTicks(stats, pid), own)
}

function readStat(pid: string): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    // It has ended.
    return undefined
  }
}
