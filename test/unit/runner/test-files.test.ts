import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../../config/project-dir.ts"
import { allTests, isLongTest, isUnitTest, testsThatFit } from "../../runner/test-files.ts"

/** Helpers that start a server. */
const SERVERS = /from "[./]*\/helpers\/(archive|browser|caddy|gateway|launcher|mongo\/mongo|nats|pages|product)\.ts"/

describe("the test files", () => {
  it("are all those of the project, but for the emulator's", async () => {
    const files = await allTests()
    expect(files).to.include.members(["test/unit/runner/test-files.test.ts", "test/chaos/kill.long.test.ts"])
    expect(files.filter((file) => file.includes("emulator"))).to.deep.equal([])
  })

  it("are chosen by file, folder and glob, each once", async () => {
    const chaos = await testsThatFit(["test/chaos/*.test.ts"])
    expect(chaos).to.include("test/chaos/kill.long.test.ts")
    expect(await testsThatFit(["test/chaos", "test/chaos/kill.long.test.ts"])).to.deep.equal(chaos)
    expect(await testsThatFit(["test/**/kill.*.ts"])).to.deep.equal(["test/chaos/kill.long.test.ts"])
    expect(await testsThatFit(["test/nowhere"])).to.deep.equal([])
  })

  it("are long where they end, cut off and start again whole processes under load", async () => {
    const files = await testsThatFit(["test/chaos"])
    expect(files).to.have.length.above(5)
    expect(files.filter((file) => !isLongTest(file))).to.deep.equal([])
    expect((await allTests()).filter(isUnitTest).filter(isLongTest)).to.deep.equal([])
  })

  it("start no server where they are unit tests", async () => {
    const unit = (await allTests()).filter(isUnitTest)
    expect(unit).to.have.length.above(80)
    const withServer = unit.filter((file) => SERVERS.test(readFileSync(join(projectDir, file), "utf8")))
    expect(withServer).to.deep.equal([])
  })
})
