// For .github/workflows/release.yml: `node tools/release/main.ts notes v1.2.3` prints the release notes, `… tags v1.2.3 acme/shopwire` the
// image's tags, separated by commas. Node 24 runs it as it is, without packages. It fails when package.json has another version.
import { readFileSync } from "node:fs"
import { imageTags, releaseNotes } from "./release.ts"

const root = new URL("../../", import.meta.url)
const [task, tag = "", repository = ""] = process.argv.slice(2)
try {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string }
  if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, but package.json has the version ${version}`)
  const notes = releaseNotes(readFileSync(new URL("CHANGELOG.md", root), "utf8"), version)
  process.stdout.write(`${task === "notes" ? notes : imageTags(repository, version).join(",")}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
