import { Command } from "commander"
import { methodName, wholeNumber } from "./arguments.ts"
import { UsageError } from "./exit-status.ts"
import { explainEvent } from "./explain-event.ts"
import { explainRequest } from "./explain-request.ts"
import type { Terminal } from "./terminal.ts"

interface ExplainOptions {
  readonly seq?: number
  readonly resource?: string
  readonly token?: string
  readonly call: string
  readonly shopperId?: string
}

export function explainCommand(terminal: Terminal, end: (status: number) => void): Command {
  return new Command("explain")
    .description(
      "tell what happened to an event (--seq), or whether a token allows a request, and by which rule (--resource)",
    )
    .option(
      "--seq <n>",
      "the event's sequence; reads NATS with the login of NATS_URL: that of the service",
      wholeNumber(1),
    )
    .option(
      "--resource <rid>",
      "a resource ID, as in store.<shop_id>.feed; reads the settings of sign-in, and asks nobody",
    )
    .option("--token <token>", "the caller's token; - reads it from standard input; without it: no token")
    .option("--call <method>", "what the caller wants", methodName, "get")
    .option("--shopper-id <id>", "the shopper of a published event")
    .action(async (options: ExplainOptions) => {
      const { seq, resource, token, call, shopperId } = options
      if ((seq === undefined) === (resource === undefined)) throw new UsageError("expected either --seq or --resource")
      if (seq !== undefined) end(await explainEvent(terminal, seq))
      else if (resource !== undefined)
        end(await explainRequest(terminal, { rid: resource, token, method: call, shopperId }))
    })
}
