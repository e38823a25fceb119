import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { chooseGateway } from "../../../../tools/launch/gateway-choice.ts"
import { StartError } from "../../../../tools/launch/start-error.ts"

describe("chooseGateway()", () => {
  let folder: string
  let onPath: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "shopwire-gateway-"))
    onPath = join(folder, "resgate")
    await writeFile(onPath, "#!/bin/sh\n", { mode: 0o755 })
    await writeFile(join(folder, "plain"), "", { mode: 0o644 })
  })
  after(() => rm(folder, { recursive: true }))

  it("takes RESGATE_URL, else RESGATE_BIN, else `resgate` on PATH, else the embedded gateway", () => {
    const url = "http://localhost:8080"
    const unset = { RESGATE_URL: undefined, RESGATE_BIN: undefined }
    expect(chooseGateway({ RESGATE_URL: url, RESGATE_BIN: onPath }, folder)).to.deep.equal({ kind: "running", url })
    expect(chooseGateway({ ...unset, RESGATE_BIN: "/bin/sh" }, folder)).to.deep.equal({
      kind: "resgate",
      file: "/bin/sh",
    })
    expect(chooseGateway(unset, `/nowhere:${folder}`)).to.deep.equal({ kind: "resgate", file: onPath })
    expect(chooseGateway(unset, "/nowhere")).to.deep.equal({ kind: "embedded" })
  })

  it("refuses a RESGATE_BIN that is not there or not executable", () => {
    for (const file of ["/nowhere/resgate", join(folder, "plain")]) {
      expect(() => chooseGateway({ RESGATE_URL: undefined, RESGATE_BIN: file }, folder)).to.throw(
        StartError,
        `RESGATE_BIN=${file}: expected the path of an executable file`,
      )
    }
  })
})
