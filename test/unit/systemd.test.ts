import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { parse } from "yaml"
import { NODE_FLAGS } from "../../config/node-flags.ts"
import { projectDir } from "../../config/project-dir.ts"
import { findProgram } from "../../tools/programs/find-program.ts"
import { skip } from "../helpers/skip.ts"

const folder = join(projectDir, "deploy/systemd")
const units = readdirSync(folder).filter((file) => /\.(service|target)$/.test(file))
const read = (file: string): string => readFileSync(join(folder, file), "utf8")

/** The values of a key in a unit, in order. */
const valuesOf = (file: string, key: string): string[] =>
  [...read(file).matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value)

const programs = units.filter((file) => file.endsWith(".service"))
const own = programs.filter((file) => valuesOf(file, "ExecStart")[0]?.startsWith("/usr/bin/node "))

describe("deploy/systemd", () => {
  it("is accepted by systemd-analyze without a warning", function () {
    const analyze = findProgram(["systemd-analyze"])
    if (analyze === undefined) skip(this, "systemd-analyze")
    const copies = mkdtempSync(join(tmpdir(), "shopwire-systemd-"))
    try {
      // The programs need not be installed here. Of a template, an instance is checked.
      const files = units.map((file) => {
        const copy = join(copies, file.replace("@.", "@1."))
        writeFileSync(copy, read(file).replace(/^(ExecStart=)\S+/m, `$1${process.execPath}`))
        return copy
      })
      const { stdout, stderr } = spawnSync(analyze, ["verify", "--man=no", ...files], { encoding: "utf8" })
      // It also complains of units of the machine.
      const complaints = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("shopwire"))
      expect(complaints).to.deep.equal([])
      const misspelt = join(copies, "shopwire-misspelt.service")
      writeFileSync(misspelt, `[Service]\nExecStart=${process.execPath}\nTimeoutStopSecs=1\n`)
      const second = spawnSync(analyze, ["verify", "--man=no", misspelt], { encoding: "utf8" })
      expect(second.stderr).to.match(/shopwire-misspelt\.service.*TimeoutStopSecs/)
    } finally {
      rmSync(copies, { recursive: true })
    }
  })

  it("runs the programs of docker-compose.yml, with the flags of npm start", () => {
    const { services } = parse(readFileSync(join(projectDir, "docker-compose.yml"), "utf8"), {
      merge: true,
      maxAliasCount: -1,
    })
    const commands = own.map((file) => valuesOf(file, "ExecStart")[0]?.split(" ").slice(1).join(" "))
    expect(commands).to.have.members(
      ["service", "edge", "archiver"].map((name) => services[name].command.slice(1).join(" ")),
    )
    for (const file of own)
      expect(valuesOf(file, "Environment"), file).to.deep.equal([
        `NODE_ENV=production "NODE_OPTIONS=${NODE_FLAGS.join(" ")}"`,
      ])
    const [resgate = ""] = valuesOf("shopwire-gateway.service", "ExecStart")
    for (const flag of services.resgate.command.filter((each: string) => each.includes("headauth")))
      expect(resgate.split(" ")).to.include(flag)
  })

  it("stops each process by SIGTERM, with time to answer what it has taken, and starts it again for as long as it takes", () => {
    for (const file of programs) {
      const [seconds] = valuesOf(file, "TimeoutStopSec")
      expect(Number(seconds), file).to.be.at.least(10)
      expect(valuesOf(file, "Restart"), file).to.deep.equal(["always"])
      expect(valuesOf(file, "StartLimitIntervalSec"), file).to.deep.equal(["0"])
      if (own.includes(file)) expect(valuesOf(file, "KillSignal"), file).to.deep.equal(["SIGTERM"])
    }
  })

  it("starts all but archivers with the target", () => {
    const [wanted = ""] = valuesOf("shopwire.target", "Wants")
    expect(wanted.split(" ").map((name) => name.replace("@1.", "@."))).to.have.members(
      programs.filter((file) => file !== "shopwire-archiver@.service"),
    )
  })
})
