import { execFile } from "node:child_process"

export interface CommandResult {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
  /** Why it failed, in one line; empty if it did not. */
  readonly reason: string
}

/** Runs a program to its end and returns its output. Never rejects; if it fails, `ok` is false. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<CommandResult> {
  const { timeoutMs, ...rest } = options
  return new Promise((resolve) => {
    const settings = { ...rest, timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 16 * 2 ** 20 } as const
    execFile(file, args, settings, (error, stdout, stderr) => {
      if (error === null) resolve({ ok: true, stdout, stderr, reason: "" })
      else resolve({ ok: false, stdout, stderr, reason: reasonOf(file, error, stderr, timeoutMs) })
    })
  })
}

function reasonOf(
  file: string,
  error: Error & { code?: unknown; killed?: boolean },
  stderr: string,
  timeoutMs: number,
) {
  if (error.code === "ENOENT") return `${file} is not there`
  if (error.code === "EACCES") return `${file} is not executable`
  if (error.killed === true) return `${file} took more than ${timeoutMs / 1000} s`
  const lines = stderr.trim().split("\n")
  return lines.at(-1) || `${file} failed (${String(error.code)})`
}
