import { readFileSync } from "node:fs"
import { expect } from "chai"
import { installComplaint, nodeComplaint } from "../../../../tools/install/packages.mjs"

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8"))

describe("nodeComplaint()", () => {
  const { engines } = read("package.json")

  for (const version of ["20.19.0", "20.20.2", "22.0.0", "24.1.0"]) {
    it(`takes Node ${version}`, () => expect(nodeComplaint(version, engines.node)).to.equal(undefined))
  }
  for (const version of ["20.18.9", "18.20.0", "6.0.0"]) {
    it(`refuses Node ${version}, naming it and what is needed`, () => {
      expect(nodeComplaint(version, engines.node)).to.include(version).and.include(engines.node)
    })
  }
})

describe("installComplaint()", () => {
  const wanted = {
    packages: {
      "": { version: "1.0.0" },
      lib: { version: "1.0.0" },
      "node_modules/lib": { link: true, resolved: "lib" },
      "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
      "node_modules/a-win32": { version: "1.0.0", integrity: "sha512-w", optional: true },
    },
  }
  const without = (...names: string[]) => ({
    packages: Object.fromEntries(Object.entries(wanted.packages).filter(([name]) => !names.includes(name))),
  })

  it("is content with what npm installed, which leaves out the root and other platforms", () => {
    expect(installComplaint(wanted, without("", "node_modules/a-win32"))).to.equal(undefined)
  })

  it("is content with this very node_modules", () => {
    expect(installComplaint(read("package-lock.json"), read("node_modules/.package-lock.json"))).to.equal(undefined)
  })

  it("complains when nothing is installed, or an install was broken off", () => {
    expect(installComplaint(wanted, undefined)).to.include("missing")
  })

  it("complains of a missing package and of a missing workspace link", () => {
    expect(installComplaint(wanted, without("node_modules/a"))).to.include("node_modules/a")
    expect(installComplaint(wanted, without("node_modules/lib"))).to.include("node_modules/lib")
  })

  it("complains of another version, and of the same version with other content", () => {
    const other = (change: object) => ({
      packages: { ...wanted.packages, "node_modules/a": { ...wanted.packages["node_modules/a"], ...change } },
    })
    expect(installComplaint(wanted, other({ version: "1.0.1" }))).to.include("another version")
    expect(installComplaint(wanted, other({ integrity: "sha512-b" }))).to.include("another version")
  })
})
