import { version } from "../../config/version.ts"
import { health } from "../../contract/shopwire.ts"
import { edgeUrl, gatewayUrl } from "../doors.ts"
import { AwayError } from "../exit-status.ts"
import { ask } from "../requests.ts"
import type { Terminal } from "../terminal.ts"
import { clockFinding } from "./clock.ts"
import { type Check, type Finding, ok, problem, warning } from "./finding.ts"

/** An answer, its JSON, and when it was under way. */
interface Answer {
  readonly status: number
  /** Undefined: it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  readonly date: string | null
  readonly askedAt: number
  readonly answeredAt: number
}

/** The edge: whether it is there, ready, of this version, and on time. */
export const edgeCheck: Check = {
  name: "edge",
  run: async (terminal) => {
    const url = edgeUrl(terminal)
    const alive = await answerOf(terminal, `${url}/healthz`, "start the product (`npm start`), or set EDGE_URL")
    if ("state" in alive) return [alive]
    if (typeof alive.body?.alive !== "boolean") return [stranger(url, "EDGE_PORT")]
    const found = [ok(`${url} answers`), ...clockOf(alive)]
    const ready = await answerOf(terminal, `${url}/readyz`, "start the product again")
    if ("state" in ready) return [...found, ready]
    const { nats, service } = ready.body ?? {}
    if (ready.status === 200) found.push(ok("a publish would be stored now"))
    else if (nats !== true)
      found.push(problem("the edge has no connection to NATS", "see NATS above, and the edge's NATS_URL"))
    else if (service !== true)
      found.push(
        problem("the service does not answer the edge", "start it, or read its log: it waits for JetStream or a lease"),
      )
    else found.push(problem("the edge is stopping", "wait for its replacement"))
    const document = await answerOf(terminal, `${url}/openapi.json`, "start the product again")
    if (!("state" in document)) found.push(versionOf(document))
    return found
  },
}

/** The gateway: whether it is there, and gets answers from the service. */
export const gatewayCheck: Check = {
  name: "gateway",
  run: async (terminal) => {
    const url = await gatewayUrl(terminal)
    const answer = await answerOf(
      terminal,
      `${url}/api/${health.name({}).replace(".", "/")}`,
      "start the gateway, or set RESGATE_URL or PUBLIC_GATEWAY_URL; Resgate ends when NATS goes away, so whoever runs it must start it again",
    )
    if ("state" in answer) return [answer]
    if (answer.status === 200)
      return [ok(`${url} answers with the log at #${answer.body?.last_seq}`), ...clockOf(answer)]
    const { code } = answer.body ?? {}
    if (typeof code !== "string") return [stranger(url, "GATEWAY_PORT")]
    return [
      problem(
        `${url} answers ${answer.status} ${code}`,
        "the gateway runs, but the service does not answer it: see NATS and the service's log",
      ),
    ]
  },
}

async function answerOf(terminal: Terminal, url: string, advice: string): Promise<Answer | Finding> {
  const askedAt = Date.now()
  try {
    const answer = await ask(url, { signal: terminal.signal })
    const answeredAt = Date.now()
    const body: unknown = await answer.json().catch(() => undefined)
    return {
      status: answer.status,
      body: typeof body === "object" && body !== null ? (body as Record<string, unknown>) : undefined,
      date: answer.headers.get("date"),
      askedAt,
      answeredAt,
    }
  } catch (error) {
    if (!(error instanceof AwayError)) throw error
    return problem(error.message, advice)
  }
}

function stranger(url: string, setting: string): Finding {
  return problem(`another program answers at ${url}`, `end it, or choose another port: ${setting}`)
}

function clockOf({ date, ...times }: Answer): Finding[] {
  const theirs = Date.parse(date ?? "")
  return Number.isNaN(theirs) ? [] : [clockFinding(theirs, times, 1000)]
}

function versionOf({ body }: Answer): Finding {
  const { version: theirs } = (body?.info ?? {}) as { readonly version?: unknown }
  if (theirs === version) return ok(`it has the version of this command, ${version}`)
  return warning(`it has version ${theirs}, this command ${version}`, "run the command of the same version")
}
