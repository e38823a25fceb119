// npm run fuzz -- [--inputs 100000] [--seed N]: odd inputs to every door of the product, in processes of its own, while now and then
// something is away: half of them without tokens, half as the holder of another shop's token. Prints the seed, and what each door
// got. Fails with the first input that shows a defect; FUZZ_SHRINK=1 looks for the smallest one.
import { randomUUID } from "node:crypto"
import { parseArgs } from "node:util"
import { connect } from "nats"
import { serverOptions } from "../../config/process.ts"
import { Issuer } from "../helpers/issuer.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { startNats } from "../helpers/nats.ts"
import { until } from "../helpers/until.ts"
import type { Outage, Tokens } from "./door.ts"
import { fuzz } from "./fuzz.ts"
import { tokensOf } from "./tokens.ts"

/** Few inputs would get further than the rates. */
const NO_RATES = {
  RATE_PER_CONNECTION: "0",
  RATE_PER_ADDRESS: "0",
  RATE_PER_TOKEN: "0",
  RATE_PER_SHOP: "0",
  SESSION_STARTS_PER_CONNECTION: "0",
  SESSION_STARTS_PER_ADDRESS: "0",
}

const { values } = parseArgs({ options: { inputs: { type: "string" }, seed: { type: "string" } } })
const inputs = Number(values.inputs ?? 100_000)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed)) {
  console.error("npm run fuzz -- [--inputs <a number>] [--seed <a number>]")
  process.exit(1)
}

console.log(`seed ${seed}, ${inputs} inputs`)
const issuer = await Issuer.start()
try {
  const without = await attack(Math.floor(inputs / 2), {})
  const { url, issuer: name, audience } = issuer
  const settings = { AUTH: "jwks", JWKS_URL: url.href, JWT_ISSUER: name, JWT_AUDIENCE: audience }
  const keysAway: Outage = { name: "the issuer is away", begin: () => issuer.stop(), end: () => issuer.resume() }
  const tokens = await tokensOf(issuer, `secret-${randomUUID()}`)
  const withTokens = await attack(Math.ceil(inputs / 2), settings, tokens, keysAway)
  console.log(`${without + withTokens} inputs, no defect`)
} finally {
  await issuer.stop()
}

async function attack(
  count: number,
  settings: NodeJS.ProcessEnv,
  auth?: Tokens,
  ...outages: readonly Outage[]
): Promise<number> {
  // Of its own, without logins: the fuzzer asks as a gateway and publishes as anybody.
  const natsServer = await startNats()
  const kit = await LauncherKit.create()
  try {
    const run = await kit.ready(
      kit.start({ LOG_LEVEL: "warn", NATS_URL: natsServer.url, ALLOW_OPEN_NATS: "true", ...NO_RATES, ...settings }),
    )
    const nats = await connect(serverOptions([natsServer.url]))
    const before = kit.known
    const service = before.find(({ name }) => name === "service")?.pid
    if (service === undefined) throw new Error("there is no service")
    const stopped: Outage = {
      name: "the service is stopped",
      begin: async () => void process.kill(service, "SIGSTOP"),
      end: async () => {
        process.kill(service, "SIGCONT")
        await until("the service to be back", async () => (await fetch(`${kit.edgeUrl}/readyz`)).ok)
      },
    }
    const total = await fuzz(
      {
        edgeUrl: kit.edgeUrl,
        gatewayUrl: kit.gatewayUrl,
        nats,
        ...(auth === undefined ? {} : { auth }),
        outages: [stopped, ...outages],
        problems: async () => {
          await kit.remember()
          const gone = before.filter(({ pid }) => !kit.known.some((known) => known.pid === pid))
          const errors = run
            .stdout()
            .split("\n")
            .filter((line) => /ERROR|FATAL/.test(line))
          return [...gone.map(({ name }) => `${name} has died`), ...errors]
        },
      },
      {
        inputs: count,
        seed,
        report: (door, sent, ms) =>
          console.log(`${settings.AUTH ?? "no tokens"}, ${door}: ${sent} inputs in ${(ms / 1000).toFixed(1)} s`),
      },
    )
    await nats.close()
    return total
  } finally {
    await kit.end()
    await natsServer.stop()
  }
}
