import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import { SESSION_ID } from "../../contract/session-id.ts"

describe("docs/migration.md", () => {
  it("leads the sockets of all session IDs to the edge", () => {
    const [, pattern = ""] =
      /^\s*path_regexp (\S+)$/m.exec(readFileSync(join(projectDir, "docs/migration.md"), "utf8")) ?? []
    expect(pattern).to.equal(SESSION_ID.source.replace("^", "^/"))
  })
})
