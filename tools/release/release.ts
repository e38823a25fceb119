/** A version as tags and packages name it: semver without build metadata. */
const VERSION = /^(\d+)\.(\d+)\.(\d+)(-[\w.-]+)?$/

/**
 * The section of a version in CHANGELOG.md, without its heading.
 *
 * @throws {Error} there is no such section, it is empty, or its heading says that it is not released
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((text) => text.startsWith(version) && !/^[\w.-]/.test(text.slice(version.length)))
  if (section === undefined) throw new Error(`CHANGELOG.md has no section ${version}`)
  const [heading = "", ...lines] = section.split("\n")
  if (heading.includes("unreleased"))
    throw new Error(`CHANGELOG.md: "## ${heading}" still says that it is not released`)
  const notes = lines.join("\n").trim()
  if (notes === "") throw new Error(`CHANGELOG.md says nothing about ${version}`)
  return notes
}

/**
 * The tags of a release's image, as in ["acme/shopwire:1.2.3", "acme/shopwire:1.2", "acme/shopwire:1"]. A version below 1.0.0 has no tag
 * for its first number, and a pre-release only its own.
 *
 * @throws {Error} not a version
 */
export function imageTags(repository: string, version: string): string[] {
  const [, major, minor, patch, pre] = VERSION.exec(version) ?? []
  if (major === undefined) throw new Error(`${version} is not a version such as 1.2.3 or 1.2.3-rc.1`)
  const names = [`${major}.${minor}.${patch}${pre ?? ""}`]
  if (pre === undefined) names.push(`${major}.${minor}`, ...(major === "0" ? [] : [major]))
  return names.map((name) => `${repository}:${name}`)
}
