import { Command } from "commander"
import { loadSettings, SettingError, settingNames } from "../../config/settings.ts"
import { shopId } from "../arguments.ts"
import { EXIT, InterruptedError } from "../exit-status.ts"
import { jsonLine, type Style, styled, type Terminal } from "../terminal.ts"
import { archiveCheck } from "./archive-check.ts"
import { copiesCheck } from "./copies-check.ts"
import { edgeCheck, gatewayCheck } from "./doors-check.ts"
import { type Check, type Finding, ok, problem } from "./finding.ts"
import { metricsCheck } from "./metrics-check.ts"
import { diskCheck, jetStreamCheck, serversCheck } from "./nats-check.ts"
import { signInCheck } from "./sign-in-check.ts"

/** The settings of the environment: whether their values can be used. */
const settingsCheck: Check = {
  name: "settings",
  run: async ({ env }) => {
    loadSettings(settingNames, env)
    return [ok(`the settings of this environment are valid; Node ${process.versions.node}`)]
  },
}

const checks: readonly Check[] = [
  settingsCheck,
  serversCheck,
  jetStreamCheck,
  diskCheck,
  edgeCheck,
  gatewayCheck,
  signInCheck,
  archiveCheck,
  metricsCheck,
]

/** How each state is shown. */
const shown = {
  ok: { mark: "ok", style: "green" },
  warning: { mark: "warning", style: "yellow" },
  problem: { mark: "PROBLEM", style: "red" },
} as const satisfies Readonly<Record<Finding["state"], { readonly mark: string; readonly style: Style }>>

interface DoctorOptions {
  readonly shop?: string
  readonly json?: true
}

export function doctorCommand(terminal: Terminal, end: (status: number) => void): Command {
  return new Command("doctor")
    .description("check the running product, and say what to do about each problem; exits with 1 if there is one")
    .option("--shop <id>", "also compare what the gateway shows of this shop with what the service has", shopId)
    .option("--json", "the findings as JSON, one a line")
    .action(async (options: DoctorOptions) => end(await examine(terminal, options)))
}

async function examine(terminal: Terminal, { shop, json }: DoctorOptions): Promise<number> {
  const all = shop === undefined ? checks : [...checks, copiesCheck(shop)]
  const results = await Promise.all(
    all.map(async (check) => ({ name: check.name, findings: await findingsOf(check, terminal) })),
  )
  for (const { name, findings } of results) {
    for (const finding of findings) {
      if (json === true) terminal.print(jsonLine({ check: name, ...finding }))
      else printFinding(terminal, name, finding)
    }
  }
  return results.some(({ findings }) => findings.some(({ state }) => state === "problem")) ? EXIT.no : EXIT.ok
}

async function findingsOf(check: Check, terminal: Terminal): Promise<readonly Finding[]> {
  try {
    return await check.run(terminal)
  } catch (error) {
    if (error instanceof InterruptedError) throw error
    if (error instanceof SettingError) return [problem(error.message, "correct the setting here and for the processes")]
    return [problem(error instanceof Error ? error.message : String(error), "see the other problems")]
  }
}

function printFinding(terminal: Terminal, name: string, { state, found, advice }: Finding): void {
  const { mark, style } = shown[state]
  terminal.print(`${styled(terminal, style, mark.padEnd(8))}${name.padEnd(10)}${found}`)
  if (advice !== undefined) terminal.print(`${" ".repeat(18)}→ ${advice}`)
}
