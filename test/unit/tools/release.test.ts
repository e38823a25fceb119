import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../../config/project-dir.ts"
import { imageTags, releaseNotes } from "../../../tools/release/release.ts"

const changelog = `# Changelog

## 1.2.3-rc.1

- Third

## 1.2.3 (2026-11-26)

- First
- Second

## 1.2.2

## 0.9.0 (unreleased)

- Nothing yet
`

describe("releaseNotes()", () => {
  it("gives the section of a version", () => {
    expect(releaseNotes(changelog, "1.2.3")).to.equal("- First\n- Second")
    expect(releaseNotes(changelog, "1.2.3-rc.1")).to.equal("- Third")
  })

  it("refuses a version without a section, with an empty one, and one that is not released", () => {
    expect(() => releaseNotes(changelog, "1.2")).to.throw("CHANGELOG.md has no section 1.2")
    expect(() => releaseNotes(changelog, "1.2.2")).to.throw("says nothing about 1.2.2")
    expect(() => releaseNotes(changelog, "0.9.0")).to.throw(
      '"## 0.9.0 (unreleased)" still says that it is not released',
    )
  })
})

describe("imageTags()", () => {
  it("gives a version, its first two numbers, and from 1.0.0 on its first", () => {
    expect(imageTags("acme/shopwire", "1.2.3")).to.deep.equal([
      "acme/shopwire:1.2.3",
      "acme/shopwire:1.2",
      "acme/shopwire:1",
    ])
    expect(imageTags("acme/shopwire", "0.1.0")).to.deep.equal(["acme/shopwire:0.1.0", "acme/shopwire:0.1"])
  })

  it("gives a pre-release only its own", () => {
    expect(imageTags("acme/shopwire", "1.2.3-rc.1")).to.deep.equal(["acme/shopwire:1.2.3-rc.1"])
  })

  it("refuses what is not a version", () => {
    for (const version of ["1.2", "v1.2.3", "1.2.3+build", ""])
      expect(() => imageTags("acme/shopwire", version), version).to.throw("is not a version")
  })
})

describe("tools/release/main.ts", () => {
  it("refuses a tag that is not the version of package.json, in one line", () => {
    const program = join(projectDir, "tools/release/main.ts")
    const { status, stderr } = spawnSync(process.execPath, ["--import=tsx", program, "notes", "v99.0.0"], {
      cwd: projectDir,
      encoding: "utf8",
    })
    expect({ status, stderr }).to.deep.include({ status: 1 })
    expect(stderr).to.match(/^the tag is v99\.0\.0, but package\.json has the version \S+\n$/)
  })
})

describe("README's docker pull", () => {
  const [command = ""] = /^docker pull .*$/m.exec(readFileSync(join(projectDir, "README.md"), "utf8")) ?? []

  it("says what is missing before a repository is set, and then names its image", () => {
    // A function in docker's place prints what it is given.
    const script = `docker() { echo "$@"; }; ${command}`
    const { PATH } = process.env
    const without = spawnSync("sh", ["-c", script], { encoding: "utf8", env: { PATH } })
    expect(without.status).to.not.equal(0)
    expect(without.stderr).to.include("set it to the repository of your pipeline, as in acme/shopwire")
    const env = { PATH, DOCKERHUB_REPOSITORY: "acme/shopwire" }
    expect(execFileSync("sh", ["-c", script], { encoding: "utf8", env })).to.equal("pull acme/shopwire:latest\n")
  })
})
