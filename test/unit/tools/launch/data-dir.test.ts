import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { DataDir } from "../../../../tools/launch/data-dir.ts"
import { StartError } from "../../../../tools/launch/start-error.ts"
import { processIdentity } from "../../../../tools/programs/process-identity.ts"

describe("DataDir.take()", () => {
  let folder: string
  let note: string
  let bystander: ChildProcess
  let pid: number
  const said: string[] = []
  const take = (path = folder) => DataDir.take(path, (line) => said.push(line))

  beforeEach(async () => {
    said.length = 0
    folder = await mkdtemp(join(tmpdir(), "shopwire-data-"))
    note = join(folder, "launcher.json")
    bystander = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"], { stdio: "ignore" })
    pid = bystander.pid ?? 0
  })
  afterEach(async () => {
    bystander.kill("SIGKILL")
    await rm(folder, { recursive: true })
  })

  /** A note as a launcher that is gone has left it. */
  const leave = (identity: string | undefined) =>
    writeFile(
      note,
      JSON.stringify({ launcher: { pid, identity: "another start" }, children: [{ name: "nats", pid, identity }] }),
    )

  it("makes the folder and leaves a note with the processes, until released", async () => {
    const dataDir = await take(join(folder, "a/b"))
    dataDir.add(pid, "edge")
    const text = await readFile(dataDir.file("launcher.json"), "utf8")
    expect(JSON.parse(text)).to.deep.equal({
      launcher: { pid: process.pid, identity: processIdentity(process.pid) },
      children: [{ name: "edge", pid, identity: processIdentity(pid) }],
    })
    dataDir.release()
    expect(existsSync(dataDir.file("launcher.json"))).to.equal(false)
  })

  it("stops what a killed launcher has left", async () => {
    await leave(processIdentity(pid))
    const gone = once(bystander, "exit")
    await take()
    expect(await gone).to.deep.equal([null, "SIGTERM"])
    expect(said).to.deep.equal([`stopping nats (process ${pid}), left by a launcher that was killed`])
  })

  it("leaves a process alone that only has the same id", async () => {
    await leave("an earlier start")
    await take()
    expect(said).to.deep.equal([])
    expect(processIdentity(pid)).to.be.a("string")
  })

  it("takes no harm from a broken note", async () => {
    await writeFile(note, '{"launcher":')
    await take()
  })

  it("refuses a folder in which another launcher is at work", async () => {
    await writeFile(note, JSON.stringify({ launcher: { pid, identity: processIdentity(pid) }, children: [] }))
    const refused = await take().catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(StartError).with.property("message").that.includes(`process ${pid}`)
  })

  it("refuses a DATA_DIR that is a file", async () => {
    await writeFile(join(folder, "file"), "")
    const refused = await take(join(folder, "file")).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(StartError).with.property("message").that.includes("DATA_DIR=")
  })
})
