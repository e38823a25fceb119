import { resolve } from "node:path"
import { isExecutable, programsOnPath } from "../programs/find-program.ts"
import { StartError } from "./start-error.ts"

/** The gateway to use: a running one, a Resgate binary to start, or the embedded gateway. */
export type GatewayChoice =
  | { readonly kind: "running"; readonly url: string }
  | { readonly kind: "resgate"; readonly file: string }
  | { readonly kind: "embedded" }

/** What each kind is called to people. */
export const gatewayKinds: Readonly<Record<GatewayChoice["kind"], string>> = {
  running: "given by RESGATE_URL",
  resgate: "Resgate",
  embedded: "the embedded gateway",
}

export interface GatewaySettings {
  readonly RESGATE_URL: string | undefined
  readonly RESGATE_BIN: string | undefined
}

/**
 * RESGATE_URL, else RESGATE_BIN, else `resgate` on PATH, else the embedded gateway.
 *
 * @throws {StartError} RESGATE_BIN is not an executable file
 */
export function chooseGateway(settings: GatewaySettings, path?: string): GatewayChoice {
  if (settings.RESGATE_URL !== undefined) return { kind: "running", url: settings.RESGATE_URL }
  if (settings.RESGATE_BIN !== undefined) {
    const file = resolve(settings.RESGATE_BIN)
    if (!isExecutable(file)) throw new StartError(`RESGATE_BIN=${file}: expected the path of an executable file`)
    return { kind: "resgate", file }
  }
  const [found] = programsOnPath("resgate", path)
  return found === undefined ? { kind: "embedded" } : { kind: "resgate", file: found }
}
