import { Command } from "commander"
import { type AnyContract, Contract, type Whole } from "res-service/contract"
import * as sessionContracts from "../contract/session.ts"
import { sessionId } from "./arguments.ts"
import { withClient } from "./doors.ts"
import { EXIT } from "./exit-status.ts"
import { harmless, jsonLine, labelled, styled, type Terminal } from "./terminal.ts"

/** Changes that come within this time are shown at once, in ms. */
const SETTLE_MS = 50

/** The resources that every session has once, but `present`, which has the same carts for old clients. */
const shown: ReadonlyMap<string, AnyContract> = new Map(
  Object.values(sessionContracts)
    .filter((exported): exported is AnyContract => exported instanceof Contract)
    .filter((contract) => /^session\.\$id\.\w+$/.test(contract.pattern.source) && contract !== sessionContracts.present)
    .map((contract) => [contract.pattern.source.slice("session.$id.".length), contract]),
)

type Cart = Whole<typeof sessionContracts.multicart>[number]

interface SessionOptions {
  readonly once?: true
  readonly json?: true
}

export function sessionCommand(terminal: Terminal, end: (status: number) => void): Command {
  return new Command("session")
    .description(
      "show a shared session, its members and their carts, and each change until Ctrl-C; reads NATS, needs no invitation",
    )
    .argument("<id>", "the session's ID", sessionId)
    .option("--once", "show it as it is now, and end")
    .option("--json", "each state as JSON, one a line")
    .action(async (id: string, options: SessionOptions) => end(await watchSession(terminal, id, options)))
}

async function watchSession(terminal: Terminal, id: string, { once, json }: SessionOptions): Promise<number> {
  return await withClient(terminal, async (client) => {
    const mirrors = [...shown].map(([name, contract]) => ({ name, mirror: client.mirror(contract.name({ id })) }))
    await Promise.all(mirrors.map(({ mirror }) => mirror.ready))
    const print = (): void => {
      const state = Object.fromEntries(mirrors.map(({ name, mirror }) => [name, mirror.value as unknown]))
      if (json === true) terminal.print(jsonLine(state))
      else for (const line of sessionLines(terminal, id, state)) terminal.print(line)
    }
    print()
    if (once === true) return EXIT.ok
    let waiting: NodeJS.Timeout | undefined
    for (const { mirror } of mirrors) {
      mirror.onEvent(() => {
        waiting ??= setTimeout(() => {
          waiting = undefined
          print()
        }, SETTLE_MS)
      })
    }
    if (!terminal.signal.aborted) await new Promise((resolve) => terminal.signal.addEventListener("abort", resolve))
    clearTimeout(waiting)
    return EXIT.ok
  })
}

function sessionLines(
  terminal: Terminal,
  id: string,
  { multicart, ...others }: Readonly<Record<string, unknown>>,
): string[] {
  const carts = multicart as readonly Cart[]
  const head = `${new Date().toISOString()}  session ${id}: ${carts.length} ${carts.length === 1 ? "member" : "members"}`
  return [
    styled(terminal, "bold", head),
    ...carts.map((cart) => `  ${cart === null ? "a cart that cannot be read" : cartLine(terminal, cart)}`),
    ...Object.entries(others).flatMap(([name, value]) =>
      Array.isArray(value)
        ? value.map((each, i) => `  ${labelled(i === 0 ? name : "", membersText(each))}`)
        : [`  ${labelled(name, membersText(value))}`],
    ),
  ]
}

function cartLine(terminal: Terminal, { owner, content }: NonNullable<Cart>): string {
  const name = harmless(owner.name).padEnd(16)
  const ready = owner.isReadyToCheckout ? styled(terminal, "green", "ready") : "shops"
  return `${styled(terminal, "cyan", name)} ${owner.isHost ? "host " : "guest"}  ${ready}  ${contentText(content)}  ${styled(terminal, "dim", owner.id)}`
}

/** A cart in short: how many of what. */
function contentText(content: object): string {
  const items: unknown = "items" in content ? content.items : undefined
  if (!Array.isArray(items)) return Object.keys(content).length === 0 ? "no cart" : "a cart without items"
  if (items.length === 0) return "an empty cart"
  return items.map((item) => itemText(item)).join(", ")
}

function itemText(item: unknown): string {
  const { quantity, product } = (item ?? {}) as {
    readonly quantity?: unknown
    readonly product?: { readonly name?: unknown }
  }
  return harmless(`${quantity ?? "?"} × ${product?.name ?? "?"}`)
}

/** The members of a resource that have a value, in one line. */
function membersText(value: unknown): string {
  if (typeof value !== "object" || value === null) return harmless(JSON.stringify(value) ?? "nothing")
  return Object.entries(value)
    .filter(([, member]) => member !== null)
    .map(([name, member]) => harmless(`${name} ${typeof member === "string" ? member : JSON.stringify(member)}`))
    .join("  ")
}
