import { existsSync, readdirSync, readFileSync } from "node:fs"
import { relative } from "node:path"
import { expect } from "chai"
import { build } from "esbuild"
import { clientAddresses } from "res-service"
import { parse } from "yaml"
import { NODE_FLAGS } from "../../config/node-flags.ts"
import { projectDir } from "../../config/project-dir.ts"
import { loadSettings } from "../../config/settings.ts"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { natsServerConf } from "../../tools/nats/conf.ts"
import { pinnedVersion } from "../../tools/nats/nats-server.ts"
import { buildOptions } from "../../tools/programs/build.ts"
import { compiledFile, programs } from "../../tools/programs/paths.ts"

const root = new URL("../../", import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), "utf8")

/** The programs as the image has them: `dist/edge/main.js`. */
const builtFiles = programs.map((program) => relative(projectDir, compiledFile(program)))

/** A configuration of nats-server without lines that are comments. */
const withoutComments = (conf: string): string => conf.replace(/^#.*\n/gm, "")

describe("docker-compose.yml", () => {
  const { services, configs } = parse(read("docker-compose.yml"), { merge: true, maxAliasCount: -1 })

  it("opens the ports of the settings' defaults, on their default host", () => {
    const { HOST, EDGE_PORT, GATEWAY_PORT, NATS_PORT } = loadSettings(
      ["HOST", "EDGE_PORT", "GATEWAY_PORT", "NATS_PORT"],
      {},
    )
    const line = (name: string, port: number) => [`\${HOST:-${HOST}}:\${${name}:-${port}}:${port}`]
    expect(services.proxy.ports).to.deep.equal(line("EDGE_PORT", EDGE_PORT))
    expect(services.resgate.ports).to.deep.equal(line("GATEWAY_PORT", GATEWAY_PORT))
    // Not on HOST: it has no logins here.
    expect(services.nats.ports).to.deep.equal([`\${NATS_HOST:-127.0.0.1}:\${NATS_PORT:-${NATS_PORT}}:${NATS_PORT}`])
  })

  it("runs the nats-server that tools/nats/go.mod pins, as durable as that of npm start", async () => {
    expect(services.nats.image).to.equal(`nats:${await pinnedVersion()}-alpine`)
    const own = natsServerConf({ host: "0.0.0.0", port: 4222, storeDir: "/data" })
    expect(withoutComments(read(configs.nats.file)).replace(/^http: .*\n/m, "")).to.equal(own)
  })

  it("runs everything without capabilities and new privileges, on files that it can't change", () => {
    expect(Object.keys(services)).to.include.members([
      "nats",
      "resgate",
      "mongo",
      "proxy",
      "service",
      "edge",
      "archiver",
    ])
    for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
      expect(service.read_only, name).to.equal(true)
      expect(service.cap_drop, name).to.deep.equal(["ALL"])
      expect(service.security_opt, name).to.deep.equal(["no-new-privileges:true"])
      expect(service.restart, name).to.equal("unless-stopped")
    }
  })

  it("gives containers, which are read-only, files, and no contents that Compose would have to write into them", () => {
    for (const config of Object.values<object>(configs)) expect(config).to.have.all.keys("file")
  })

  it("lets the proxy alone reach the edge, and the edge believe it", () => {
    expect(services.edge).to.not.have.property("ports")
    const { TRUSTED_PROXIES, PUBLIC_GATEWAY_URL } = services.edge.environment
    const defaultOf = (text: string): string => /^\$\{\w+:-(.*)\}$/.exec(text)?.[1] ?? ""
    const env = { TRUSTED_PROXIES: defaultOf(TRUSTED_PROXIES), PUBLIC_GATEWAY_URL: defaultOf(PUBLIC_GATEWAY_URL) }
    const settings = loadSettings(["TRUSTED_PROXIES", "PUBLIC_GATEWAY_URL"], env)
    expect(settings.PUBLIC_GATEWAY_URL).to.equal("same-origin")
    const { isProxy } = clientAddresses(settings.TRUSTED_PROXIES ?? [])
    // Docker's own networks, and none that a client on the internet could have.
    for (const address of ["172.18.0.5", "192.168.97.2", "10.201.0.3", "fd00::5"]) {
      expect(isProxy(address), address).to.equal(true)
    }
    for (const address of ["203.0.113.1", "127.0.0.1", "172.32.0.1", "2001:db8::1"]) {
      expect(isProxy(address), address).to.equal(false)
    }
  })

  it("gives the proxy the configuration that is tested, with the addresses that the services have here", () => {
    const [mounted = ""] = services.proxy.volumes
    const [file = "", target] = mounted.split(":")
    expect(target).to.equal("/etc/caddy/Caddyfile")
    const addresses = [...read(file).matchAll(/\{\$(\w+_ADDRESS):([^}]*)\}/g)].map(([, name, address]) => [
      name,
      address,
    ])
    expect(Object.fromEntries(addresses)).to.deep.equal({
      BIND_ADDRESS: "0.0.0.0",
      SITE_ADDRESS: ":8000",
      GATEWAY_ADDRESS: "resgate:8080",
      EDGE_ADDRESS: "edge:8000",
    })
    expect(services.resgate.command).to.include("--port=8080")
    expect(Object.keys(services)).to.include.members(["edge", "resgate"])
  })

  it("tells edge and service which names and origins pages may have, and Resgate to ask", () => {
    for (const name of ["edge", "service"]) {
      for (const setting of ["AUTH", "PUBLIC_HOSTS", "CORS_ORIGINS"])
        expect(services[name].environment[setting], `${name}: ${setting}`).to.equal(`\${${setting}:-}`)
    }
    // Of the edge's pages, at the proxy's port on the host.
    expect(services.service.environment.EDGE_PORT).to.equal(services.proxy.ports[0].split(":").slice(2, 4).join(":"))
    expect(services.resgate.command).to.include.members([
      "--headauth=shopwire.auth.header",
      "--wsheadauth=shopwire.auth.wsHeader",
    ])
  })

  it("runs programs that exist", () => {
    for (const name of ["service", "edge", "archiver"]) {
      const [node, file] = services[name].command
      expect(node).to.equal("node")
      expect(builtFiles).to.include(file)
    }
    const [, , health] = services.service.healthcheck.test
    expect(builtFiles).to.include(health)
  })

  describe("with the profile cluster", () => {
    const cluster: Record<string, (typeof services)[string]> = Object.fromEntries(
      Object.entries<{ profiles?: string[] }>(services).filter(([, { profiles }]) => profiles?.includes("cluster")),
    )
    const names = (role: string): string[] => Object.keys(cluster).filter((name) => name.startsWith(`${role}-`))

    it("runs three nats-servers, each with its name and files, that know each other's routes", () => {
      const servers = names("nats")
      expect(servers).to.deep.equal(["nats-1", "nats-2", "nats-3"])
      const flagOf = (command: string[], flag: string): string | undefined => command[command.indexOf(flag) + 1]
      for (const name of servers) {
        const { command, image, volumes } = cluster[name]
        expect(image).to.equal(services.nats.image)
        expect(command.slice(0, 2)).to.deep.equal(services.nats.command)
        expect(flagOf(command, "--name")).to.equal(name)
        expect(flagOf(command, "--routes")).to.equal(servers.map((each) => `nats://${each}:6222`).join(","))
        expect(flagOf(command, "--cluster")).to.match(/:6222$/)
        expect(volumes).to.deep.equal([`${name}-data:/data`])
      }
    })

    it("runs two of each program, with the settings of those that run alone, on all nats-servers and three replicas", () => {
      const NATS_URL = names("nats")
        .map((name) => `nats://${name}:4222`)
        .join(",")
      for (const [role, count] of [
        ["service", 2],
        ["edge", 2],
        ["archiver", 1],
      ] as const) {
        expect(names(role)).to.have.length(count)
        for (const name of names(role)) {
          const { environment, ...rest } = cluster[name]
          const { environment: alone, ...restAlone } = services[role]
          expect(environment).to.deep.equal({ ...alone, NATS_URL, NATS_REPLICAS: "3" })
          expect({ ...rest, depends_on: 0 }).to.deep.equal({ ...restAlone, depends_on: 0, profiles: ["cluster"] })
        }
      }
      expect(loadSettings(["NATS_URL", "NATS_REPLICAS"], { NATS_URL, NATS_REPLICAS: "3" }).NATS_REPLICAS).to.equal(3)
      for (const name of names("resgate")) {
        const flags = services.resgate.command.filter((flag: string) => !flag.startsWith("--nats="))
        expect(cluster[name].command).to.have.members([...flags, `--nats=${NATS_URL}`])
        expect(cluster[name].ports).to.deep.equal([])
      }
    })

    it("starts all of them, and none of the others, for the proxy that has all edges and gateways behind it", () => {
      const needed = new Set<string>()
      const need = (name: string): void => {
        if (needed.has(name)) return
        needed.add(name)
        for (const other of Object.keys(services[name].depends_on ?? {})) need(other)
      }
      need("cluster")
      expect([...needed]).to.have.members([...Object.keys(cluster), "mongo"])
      const { environment, ports } = services.cluster
      expect(ports).to.deep.equal(services.proxy.ports)
      expect(environment.EDGE_ADDRESS).to.equal(
        names("edge")
          .map((name) => `${name}:8000`)
          .join(" "),
      )
      expect(environment.GATEWAY_ADDRESS).to.equal(
        names("resgate")
          .map((name) => `${name}:8080`)
          .join(" "),
      )
    })
  })

  it("archives in the replica set that the healthcheck of MongoDB makes", () => {
    const { command, healthcheck } = services.mongo
    const url = services.archiver.environment.MONGO_URL.slice("${MONGO_URL:-".length, -1)
    const { MONGO_URL } = loadSettings(["MONGO_URL"], { MONGO_URL: url })
    const name = command[command.indexOf("--replSet") + 1]
    expect(MONGO_URL).to.equal(`mongodb://mongo:27017/shopwire?replicaSet=${name}`)
    expect(healthcheck.test.at(-1)).to.include(`_id: "${name}"`).and.include('host: "mongo:27017"')
  })
})

describe("docker-compose.auth.yml", () => {
  const base = parse(read("docker-compose.yml"), { merge: true, maxAliasCount: -1 })
  const auth = parse(read("docker-compose.auth.yml"))
  const conf = read("config/nats.conf")

  it("runs NATS with config/nats.conf, which says what the other one's configuration says, and who may do what", () => {
    expect(auth.configs["nats-auth"].file).to.equal("./config/nats.conf")
    expect(auth.services.nats.command.at(-1)).to.equal(auth.services.nats.configs[0].target)
    const server = withoutComments(conf.slice(0, conf.indexOf("accounts {")))
    expect(server.trim()).to.equal(withoutComments(read(base.configs.nats.file)).trim())
  })

  it("asks for every password that config/nats.conf wants, and gives each process its own login", () => {
    const wanted = [...conf.matchAll(/password: \$(\w+)/g)].map(([, name]) => name)
    expect(wanted).to.have.length(5)
    expect(Object.keys(auth.services.nats.environment)).to.have.members(wanted)
    for (const [name, value] of Object.entries<string>(auth.services.nats.environment)) {
      expect(value, name).to.match(new RegExp(`^\\$\\{${name}:\\?.+\\}$`))
    }
    const users = new Map([
      ["service", "service"],
      ["edge", "edge"],
      ["archiver", "archive"],
    ])
    for (const [service, user] of users) {
      const url = `nats://${user}:\${NATS_${user.toUpperCase()}_PASSWORD}@nats:4222`
      expect(auth.services[service].environment.NATS_URL).to.equal(url)
    }
  })

  it("runs Resgate as the other one does, but for its login", () => {
    const { command, configs, read_only } = auth.services.resgate
    const own = ["--config=", "--nats="]
    const others = (flags: string[]) => flags.filter((flag) => !own.some((start) => flag.startsWith(start)))
    expect(others(command)).to.deep.equal(others(base.services.resgate.command))
    const [{ source, target }] = configs
    expect(command).to.include(`--config=${target}`)
    const { natsUrl, ...settings } = JSON.parse(auth.configs[source].content)
    expect(settings).to.deep.equal(JSON.parse(read("resgate.config.json")))
    expect(natsUrl).to.equal(`nats://gateway:\${NATS_GATEWAY_PASSWORD}@nats:4222`)
    expect(base.services.resgate.command).to.include("--nats=nats://nats:4222")
    // Compose can't put a content into a container that is read-only.
    expect(read_only).to.equal(false)
  })

  it("has no password in a command line", () => {
    for (const [name, { command = [] }] of Object.entries<{ command?: string[] }>(auth.services))
      expect(command.join(" "), name).not.to.match(/PASSWORD|\$/)
  })
})

describe("Dockerfile", () => {
  const lines = read("Dockerfile").split("\n")

  it("copies files that exist and that .dockerignore lets in", () => {
    const letIn = read(".dockerignore")
    const copied = lines
      .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
      .flatMap((line) => line.split(" ").slice(1, -1))
    expect(copied).to.include("package-lock.json").and.include("res-service")
    for (const path of copied) {
      expect(existsSync(new URL(path, root)), path).to.equal(true)
      expect(letIn, path).to.include(`!${path.split("/")[0]}\n`)
    }
  })

  it("runs Node with the flags that npm start gives it", () => {
    expect(read("Dockerfile")).to.include(` NODE_OPTIONS="${NODE_FLAGS.join(" ")}"\n`)
  })

  it("copies every folder that the build reads, and runs a program of it", async () => {
    const { metafile } = await build({ ...buildOptions, packages: "external", write: false, metafile: true })
    const own = Object.keys(metafile.inputs).filter((file) => !file.startsWith("node_modules/"))
    for (const folder of new Set(own.map((file) => file.split("/")[0])))
      expect(lines).to.include(`COPY ${folder} ${folder}`)
    expect(builtFiles).to.include(/^CMD \["node", "(.*)"\]$/m.exec(read("Dockerfile"))?.[1])
  })
})

describe("the pipelines", () => {
  const folder = ".github/workflows"
  const workflows = new Map(
    readdirSync(new URL(folder, root)).map((file) => [file, read(`${folder}/${file}`)] as const),
  )
  const ci = parse(read(".github/workflows/ci.yml"))

  it("test on the oldest Node that package.json allows, and on the image's", () => {
    const oldest = Number(/(\d+)/.exec(JSON.parse(read("package.json")).engines.node)?.[1])
    const image = Number(/node:(\d+)-/.exec(read("Dockerfile"))?.[1])
    expect(ci.jobs.test.strategy.matrix.node[0]).to.equal(oldest)
    expect(ci.jobs.test.strategy.matrix.node).to.include(image)
  })

  it("test against the Resgate that compose runs", () => {
    const { image } = parse(read("docker-compose.yml"), { merge: true, maxAliasCount: -1 }).services.resgate
    const take = ci.jobs.test.steps.find((step: { env?: { IMAGE?: string } }) => step.env?.IMAGE !== undefined)
    expect(take.env.IMAGE).to.equal(image)
  })

  it("test the archive on the MongoDB that compose runs", () => {
    const { image } = parse(read("docker-compose.yml"), { merge: true, maxAliasCount: -1 }).services.mongo
    const start = ci.jobs.mongo.steps.find((step: { env?: { IMAGE?: string } }) => step.env?.IMAGE !== undefined)
    expect(start.env.IMAGE).to.equal(image)
  })

  it("run no action by a tag, which may be moved, but by its commit, with its version beside it", () => {
    const known = new Map<string, string>()
    for (const [name, text] of workflows) {
      const uses = text.match(/uses: .*/g) ?? []
      expect(uses, name).not.to.deep.equal([])
      for (const use of uses) {
        expect(use).to.match(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
        const [action = "", commit = ""] = use.split("@")
        expect(known.get(action) ?? commit, `${name}: ${action}`).to.equal(commit)
        known.set(action, commit)
      }
    }
  })

  it("may only read the repository, but for jobs that say what else they need, and end by themselves", () => {
    for (const [name, text] of workflows) {
      const { permissions, jobs } = parse(text)
      expect(permissions, name).to.deep.equal({ contents: "read" })
      for (const [job, { "timeout-minutes": minutes, steps }] of Object.entries<Record<string, unknown>>(jobs)) {
        expect(minutes, `${name}: ${job}`).to.be.within(1, 60)
        for (const { uses, with: inputs } of steps as { uses?: string; with?: Record<string, unknown> }[])
          if (uses?.startsWith("actions/checkout@"))
            expect(inputs?.["persist-credentials"], `${name}: ${job}`).to.equal(false)
      }
    }
  })

  it("take no text of a commit or tag into a script, but by a variable", () => {
    for (const [name, text] of workflows)
      for (const { steps } of Object.values<{ steps: { run?: string }[] }>(parse(text).jobs))
        for (const { run = "" } of steps) expect(run, name).to.not.match(/\$\{\{/)
  })

  it("push each image with an SBOM and its provenance", () => {
    const pushed = [...workflows].flatMap(([name, text]) =>
      Object.values<{ steps: { uses?: string; with?: object }[] }>(parse(text).jobs)
        .flatMap(({ steps }) => steps)
        .filter(({ uses }) => uses?.startsWith("docker/build-push-action@"))
        .map((step) => [name, step.with] as const),
    )
    expect(pushed.map(([name]) => name)).to.have.members(["cd.yml", "release.yml"])
    for (const [name, inputs] of pushed)
      expect(inputs, name).to.include({ push: true, sbom: true, provenance: "mode=max" })
  })

  it("release only a commit whose CI is green, with the tool's notes and tags", () => {
    const { on, jobs } = parse(workflows.get("release.yml") ?? "")
    expect(on).to.deep.equal({ push: { tags: ["v*"] } })
    for (const [name, { needs }] of Object.entries<{ needs?: string }>(jobs))
      expect(needs, name).to.equal(name === "check" ? undefined : "check")
    const scripts = jobs.check.steps.map(({ run = "" }: { run?: string }) => run).join("\n")
    expect(scripts).to.include("actions/workflows/ci.yml/runs").and.include("node tools/release/main.ts tags")
    expect(existsSync(new URL("tools/release/main.ts", root))).to.equal(true)
  })

  it("build the site with its script, and publish it from main only", () => {
    const { jobs } = parse(workflows.get("site.yml") ?? "")
    const scripts = jobs.build.steps.map(({ run = "" }: { run?: string }) => run)
    expect(scripts.at(-2)).to.match(/npm run docs:site$/)
    expect(JSON.parse(read("package.json")).scripts).to.have.property("docs:site")
    expect(jobs.publish.if).to.include("github.ref == 'refs/heads/main'")
  })

  it("keep everything up to date that has versions", () => {
    const { updates } = parse(read(".github/dependabot.yml"))
    const of = (ecosystem: string): string[] =>
      updates
        .filter((update: Record<string, string>) => update["package-ecosystem"] === ecosystem)
        .map(({ directory }: { directory: string }) => directory)
    expect(of("npm")).to.deep.equal(["/", "/site"])
    for (const [ecosystem, file] of [
      ["npm", "package-lock.json"],
      ["gomod", "go.mod"],
      ["pip", "requirements.txt"],
      ["docker", "Dockerfile"],
      ["docker-compose", "docker-compose.yml"],
    ] as const) {
      expect(of(ecosystem), ecosystem).to.not.deep.equal([])
      for (const directory of of(ecosystem))
        expect(existsSync(new URL(`.${directory}/${file}`, root)), `${directory}/${file}`).to.equal(true)
    }
    expect(of("github-actions")).to.deep.equal(["/"])
  })

  it("publish the sample event", () => {
    const event = /event='(.*)'/.exec(read(".github/workflows/ci.yml"))?.[1] ?? ""
    expect(JSON.parse(event)).to.deep.equal(samplePublishEvent)
  })

  it("deploy after the workflow that tests", () => {
    expect(parse(read(".github/workflows/cd.yml")).on.workflow_run.workflows).to.deep.equal([ci.name])
  })
})
