// @ts-check
// Runs before node_modules exists, so it uses only Node's own modules, and syntax that an old Node can parse.
// Checks the version of Node, and runs `npm ci` unless node_modules agrees with package-lock.json.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "../..")

/**
 * Why a version of Node is too old; undefined if it is not.
 *
 * @param {string} version as in `20.19.0`
 * @param {string} engines as in `>=20.19`
 */
export function nodeComplaint(version, engines) {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const [leastMajor = 0, leastMinor = 0] = engines.replace(">=", "").split(".").map(Number)
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined
  return `shopwire needs Node ${engines}, but this is ${version}`
}

/**
 * Why node_modules differs from the lockfile; undefined if it does not. npm writes its own lockfile into node_modules as the last
 * step, with the packages that it installed: optional packages of other platforms are missing there.
 *
 * @param {{ packages: Record<string, LockedPackage> }} wanted package-lock.json
 * @param {{ packages: Record<string, LockedPackage> } | undefined} installed node_modules/.package-lock.json
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean, resolved?: string }} LockedPackage
 */
export function installComplaint(wanted, installed) {
  if (installed === undefined) return "node_modules is missing or incomplete"
  for (const [path, locked] of Object.entries(wanted.packages)) {
    if (!path.includes("node_modules/")) continue
    const there = installed.packages[path]
    if (there === undefined) {
      if (locked.optional) continue
      return `${path} is missing`
    }
    if (locked.link !== there.link || locked.version !== there.version || locked.integrity !== there.integrity) {
      return `${path} is another version`
    }
  }
  return undefined
}

/** @param {string} path */
function json(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), "utf8"))
  } catch (_) {
    return undefined
  }
}

function install() {
  const badNode = nodeComplaint(process.versions.node, json("package.json").engines.node)
  if (badNode !== undefined) {
    console.error(`${badNode}: install a newer one (https://nodejs.org)`)
    return 1
  }
  const complaint = installComplaint(json("package-lock.json"), json("node_modules/.package-lock.json"))
  if (complaint === undefined) return 0

  console.error(`installing packages, because ${complaint} (npm ci) ...`)
  const started = Date.now()
  // Under `npm run`, use the npm that runs this script. NODE_ENV=production would leave out the compiler.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]
  const npm = process.env.npm_execpath
  const { status, error } = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
    : spawnSync("npm", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
  if (status !== 0) {
    console.error(`\`npm ci\` failed${error ? `: ${error.message}` : ""}; it must reach the npm registry once`)
    return status || 1
  }
  console.error(`installed packages in ${Math.round((Date.now() - started) / 1000)} s`)
  return 0
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = install()
