import { parseArgs } from "node:util"
import { runCases } from "./run-cases.ts"
import { spawnGateway } from "./spawned-gateway.ts"
import { deviations, loadCases, loadConfigs, type VectorCase } from "./vector-case.ts"

const USAGE = `usage: npm run vectors -- --nats URL (--gateway URL [--config NAME] | --spawn "COMMAND {config}")
  --filter TEXT   only cases with TEXT in their id; may be repeated
  --embedded      leave out what the embedded gateway does otherwise on purpose
  --timeout MS    to wait for each expected message (15000)`

/** Holds the recorded cases against any gateway: a running one with one configuration, or one started for each. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      gateway: { type: "string" },
      spawn: { type: "string" },
      nats: { type: "string" },
      config: { type: "string", multiple: true },
      filter: { type: "string", multiple: true },
      timeout: { type: "string", default: "15000" },
      embedded: { type: "boolean", default: false },
    },
  })
  const { gateway, spawn, nats } = values
  if (!nats || !(gateway || spawn)) {
    console.error(USAGE)
    return 2
  }
  const configs = loadConfigs()
  const wanted = values.config ?? (gateway ? ["default"] : [...configs.keys()])
  const cases = loadCases()
    .filter(({ id }) => values.filter?.some((text) => id.includes(text)) ?? true)
    .filter(({ id }) => !(values.embedded && deviations.has(id)))
  let passed = 0
  let failed = 0
  const onResult = (spec: VectorCase, lines: readonly string[]): void => {
    if (lines.length === 0) passed++
    else {
      failed++
      console.log(`FAIL ${spec.id} [${spec.config}] ${spec.shows}`)
      for (const line of lines) console.log(`     ${line}`)
    }
  }
  const began = Date.now()
  for (const name of wanted) {
    const group = cases.filter(({ config }) => config === name)
    if (group.length === 0) continue
    const settings = configs.get(name) ?? {}
    const running = gateway ? undefined : await spawnGateway(spawn ?? "", settings, nats)
    const wsPath = settings.wsPath === undefined ? undefined : String(settings.wsPath)
    try {
      const timeoutMs = Number(values.timeout)
      await runCases(group, { gateway: gateway ?? running?.url ?? "", nats, wsPath, timeoutMs, onResult })
    } finally {
      await running?.stop()
    }
  }
  console.log(`${passed} passed, ${failed} failed, ${((Date.now() - began) / 1000).toFixed(1)} s`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = await main()
