import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import { buildPrograms, chunksDir } from "../../tools/programs/build.ts"
import { compiledFile, programs } from "../../tools/programs/paths.ts"
import { compile } from "../helpers/compiled.ts"

const DAY_MS = 24 * 3600 * 1000

describe("npm run build", () => {
  before(() => compile())

  for (const program of programs) {
    it(`makes ${program}, with a map of its lines to those of the sources`, () => {
      const file = compiledFile(program)
      expect(readFileSync(file, "utf8")).to.include(`\n//# sourceMappingURL=${basename(file)}.map\n`)
      const { sources } = JSON.parse(readFileSync(`${file}.map`, "utf8")) as { sources: string[] }
      // Packages have maps of their own, to sources that some of them leave out.
      const paths = sources
        .map((source) => join(dirname(file), source))
        .filter((path) => !path.includes("/node_modules/"))
      expect(paths).to.include(join(projectDir, `${program}.ts`))
      expect(paths.filter((path) => !existsSync(path))).to.deep.equal([])
    })
  }

  it("leaves files as they are that have not changed, and removes chunks of builds of the day before", async () => {
    const [old, young] = [join(chunksDir, "test-old.js"), join(chunksDir, "test-young.js")]
    try {
      for (const file of [old, young]) writeFileSync(file, "")
      const dayBefore = new Date(Date.now() - 2 * DAY_MS)
      utimesSync(old, dayBefore, dayBefore)
      const { ino } = statSync(compiledFile("edge/main"))
      await buildPrograms()
      expect(statSync(compiledFile("edge/main")).ino).to.equal(ino)
      expect([existsSync(old), existsSync(young)]).to.deep.equal([false, true])
    } finally {
      for (const file of [old, young]) rmSync(file, { force: true })
    }
  })
})
