// `npm run demo`: plays a believable shop against a running product until Ctrl-C. `npm start -- --demo` runs it too.
import { loadSettings, SettingError } from "../../config/settings.ts"
import { ArgumentError, DEFAULT_RATE, demoArguments } from "./arguments.ts"
import { shops } from "./catalogue.ts"
import { FRIENDS_SESSION, friendNames } from "./friends.ts"
import { Player } from "./player.ts"
import { DemoError } from "./publisher.ts"

const say = (line: string): void => void process.stdout.write(`${line}\n`)

try {
  await main()
} catch (error) {
  const expected = error instanceof SettingError || error instanceof ArgumentError || error instanceof DemoError
  process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { EDGE_PORT, EDGE_URL, DEMO_SEED, DEMO_TOKEN } = loadSettings([
    "EDGE_PORT",
    "EDGE_URL",
    "DEMO_SEED",
    "DEMO_TOKEN",
  ])
  const { seed = DEMO_SEED, rate = DEFAULT_RATE } = demoArguments(process.argv.slice(2))
  const edgeUrl = (EDGE_URL ?? `http://127.0.0.1:${EDGE_PORT}`).replace(/\/+$/, "")
  const player = new Player({ edgeUrl, seed, rate, token: DEMO_TOKEN, say })
  const playing = player.play()
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void player.stop())
  say(`plays ${shops.map(({ name }) => name).join(", ")} on ${edgeUrl}: seed ${seed}, ${rate} events a minute`)
  say(`${friendNames.join(" and ")} shop together in session ${FRIENDS_SESSION}`)
  for (const { name, shop_id } of shops) say(`  ${edgeUrl}/merchant/?shop=${shop_id}  ${name}`)
  await playing.finally(() => player.stop())
}
