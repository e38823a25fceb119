import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { cacheDir } from "../../../tools/programs/paths.ts"
import { runCommand } from "../../../tools/programs/run-command.ts"

/** Time for Maven to download the jars, once. */
const DOWNLOAD_MS = 120_000
const COMPILE_MS = 60_000

/** Of the class files, so that another Java on PATH runs them, too. */
const JAVA_RELEASE = "11"

/** For Java programs of a few seconds: without the optimising compiler and parallel collection they take half the processor time. */
const SHORT_RUN = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]

const folder = fileURLToPath(new URL("./", import.meta.url))

/** What Java runs `TestMongo` with, or what is missing. */
export type ClassPath = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string }

/** The jars of mongo-java-server and the compiled `TestMongo`, which are made once and kept in the cache. */
export async function findClassPath(): Promise<ClassPath> {
  const list = await readFile(join(folder, "jars.sha256"), "utf8")
  const jars = join(cacheDir, `mongo-java-server-${shortHash(list)}`)
  const source = join(folder, "TestMongo.java")
  const classes = join(cacheDir, `test-mongo-${shortHash(list + (await readFile(source, "utf8")))}`)
  const reason = (await findJars(jars, list)) ?? (await compile(source, join(jars, "*"), classes))
  return reason === undefined ? { ok: true, path: [classes, join(jars, "*")].join(delimiter) } : { ok: false, reason }
}

/** The jars of `pom.xml`, which `jars.sha256` pins: from the cache, else by Maven. Resolves to why there are none. */
async function findJars(cached: string, list: string): Promise<string | undefined> {
  if ((await complaint(cached, list)) === undefined) return undefined
  await rm(cached, { recursive: true, force: true })
  return await makeFolder(cached, async (fresh) => {
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${fresh}`]
    const args = ["-q", "-B", "-f", join(folder, "pom.xml"), ...goal]
    const env = { ...process.env, MAVEN_OPTS: process.env.MAVEN_OPTS ?? SHORT_RUN.join(" ") }
    const { ok, reason } = await runCommand("mvn", args, { timeoutMs: DOWNLOAD_MS, env })
    if (!ok) return `no MongoDB: mvn could not get the Java server: ${reason}`
    const wrong = await complaint(fresh, list)
    // Other bytes than pinned are nothing to pass over.
    if (wrong !== undefined) throw new Error(`the jars that mvn brought are not those of jars.sha256: ${wrong}`)
    return undefined
  })
}

/** Resolves to why it could not. */
async function compile(source: string, jars: string, cached: string): Promise<string | undefined> {
  if (existsSync(cached)) return undefined
  return await makeFolder(cached, async (fresh) => {
    const ofCompiler = SHORT_RUN.map((option) => `-J${option}`)
    const args = [...ofCompiler, "--release", JAVA_RELEASE, "-cp", jars, "-d", fresh, source]
    const { ok, reason } = await runCommand("javac", args, { timeoutMs: COMPILE_MS })
    return ok ? undefined : `no MongoDB: javac could not compile the Java server: ${reason}`
  })
}

/** Fills a folder of the cache, and puts it in its place when it is whole. Resolves to what `fill` does: why it could not. */
async function makeFolder(
  target: string,
  fill: (fresh: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  await mkdir(cacheDir, { recursive: true })
  // Beside the target, so that the last step is a rename.
  const fresh = await mkdtemp(join(cacheDir, "draft-"))
  try {
    const reason = await fill(fresh)
    if (reason !== undefined) return reason
    await rename(fresh, target).catch((error: unknown) => {
      // Another process was quicker.
      if (!existsSync(target)) throw error
    })
    return undefined
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function complaint(jars: string, list: string): Promise<string | undefined> {
  const wanted = list.trim().split("\n").sort()
  const names = await readdir(jars).catch(() => [])
  const found = await Promise.all(names.map(async (name) => `${sha256(await readFile(join(jars, name)))}  ${name}`))
  const [missing] = wanted.filter((line) => !found.includes(line))
  const [surplus] = found.filter((line) => !wanted.includes(line))
  return missing ?? surplus
}

function shortHash(data: string): string {
  return sha256(data).slice(0, 12)
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex")
}
