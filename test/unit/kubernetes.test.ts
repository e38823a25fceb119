import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { parse, parseAllDocuments } from "yaml"
import { projectDir } from "../../config/project-dir.ts"
import { loadSettings, type SettingName, settingNames } from "../../config/settings.ts"
import { natsRoles, passwordVariable } from "../../tools/launch/nats-logins.ts"
import { cacheDir } from "../../tools/programs/paths.ts"

const folder = join(projectDir, "deploy/kubernetes")

/** The types of the package kubernetes-types, which are made from Kubernetes' own OpenAPI document. */
const TYPES: Readonly<Record<string, string>> = {
  "v1 Namespace": "core/v1",
  "v1 ConfigMap": "core/v1",
  "v1 Service": "core/v1",
  "apps/v1 Deployment": "apps/v1",
  "apps/v1 StatefulSet": "apps/v1",
  "policy/v1 PodDisruptionBudget": "policy/v1",
  "networking.k8s.io/v1 NetworkPolicy": "networking/v1",
}

// biome-ignore lint/suspicious/noExplicitAny: the schema is checked by a test of its own
type Manifest = any

const kustomization = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8"))
const manifests: Manifest[] = (kustomization.resources as string[]).flatMap((file) =>
  parseAllDocuments(readFileSync(join(folder, file), "utf8")).map((document) => document.toJS()),
)
const ofKind = (...kinds: string[]): Manifest[] => manifests.filter(({ kind }) => kinds.includes(kind))
const workloads = ofKind("Deployment", "StatefulSet")
const named = (name: string): Manifest => workloads.find(({ metadata }) => metadata.name === name)
const podOf = ({ spec }: Manifest): Manifest => spec.template.spec
const NAME = "app.kubernetes.io/name"

/** Compiles the manifests as values of the types. TypeScript refuses unknown members in them, too. Resolves to its complaints. */
function complaints(values: readonly Manifest[]): string {
  const lines = values.map((value, i) => {
    const module = TYPES[`${value.apiVersion} ${value.kind}`]
    if (module === undefined) throw new Error(`no type for ${value.apiVersion} ${value.kind}`)
    return `export const m${i}: import("kubernetes-types/${module}").${value.kind} = ${JSON.stringify(value)}`
  })
  const file = join(cacheDir, "kubernetes", `manifests-${process.pid}.ts`)
  mkdirSync(join(cacheDir, "kubernetes"), { recursive: true })
  writeFileSync(file, lines.join("\n"))
  const tsc = join(projectDir, "node_modules/typescript/bin/tsc")
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--ignoreConfig", "--module", "preserve", "--types", ""]
  try {
    execFileSync(process.execPath, [tsc, ...flags, file], { cwd: projectDir, encoding: "utf8", stdio: "pipe" })
    return ""
  } catch (error) {
    return (error as { stdout: string }).stdout
  } finally {
    rmSync(file)
  }
}

describe("deploy/kubernetes", () => {
  it("lists every file", () => {
    const files = readdirSync(folder).filter((file) => file !== "kustomization.yaml")
    expect(kustomization.resources).to.have.members(files)
    for (const { files: generated } of kustomization.configMapGenerator)
      for (const entry of generated)
        expect(existsSync(join(folder, entry.split("=").at(-1) ?? "")), entry).to.equal(true)
  })

  it("keeps to the schema of Kubernetes, which has no misspelt probe and no text as a number", () => {
    expect(complaints(manifests)).to.equal("")
    const misspelt = structuredClone(named("edge"))
    podOf(misspelt).containers[0].livenesProbe = {}
    const wrongType = structuredClone(named("edge"))
    wrongType.spec.replicas = "2"
    expect(complaints([misspelt, wrongType]))
      .to.include("livenesProbe")
      .and.match(/not assignable to type 'number/)
  })

  it("selects the pods that each workload, Service, budget and policy means", () => {
    const labels = workloads.map(({ spec }) => spec.template.metadata.labels)
    for (const { metadata, spec } of workloads) {
      expect(spec.selector.matchLabels).to.deep.equal({ [NAME]: metadata.name })
      expect(spec.template.metadata.labels).to.include({
        [NAME]: metadata.name,
        "app.kubernetes.io/part-of": "shopwire",
      })
    }
    const names = labels.map((label) => label[NAME])
    for (const { spec } of ofKind("Service")) expect(names).to.include(spec.selector[NAME])
    for (const { spec } of ofKind("PodDisruptionBudget")) expect(names).to.include(spec.selector.matchLabels[NAME])
    for (const { spec } of ofKind("NetworkPolicy")) expect(names).to.include(spec.podSelector.matchLabels[NAME])
  })

  it("has a budget for all that runs more than once, and lets one of each go", () => {
    const budgets = new Map(
      ofKind("PodDisruptionBudget").map(({ metadata, spec }) => [metadata.name, spec.maxUnavailable]),
    )
    for (const { metadata, spec } of workloads)
      expect(budgets.get(metadata.name), metadata.name).to.equal(spec.replicas > 1 ? 1 : undefined)
  })

  it("gives each pod longer to stop than it takes, no rights, and no variables that Kubernetes makes of Services", () => {
    for (const workload of workloads) {
      const { metadata } = workload
      const pod = podOf(workload)
      // Processes of ours end within 8 s.
      expect(pod.terminationGracePeriodSeconds, metadata.name).to.be.at.least(15)
      expect(pod.enableServiceLinks, metadata.name).to.equal(false)
      expect(pod.automountServiceAccountToken, metadata.name).to.equal(false)
      expect(pod.securityContext, metadata.name).to.deep.include({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      })
      for (const { securityContext, resources } of pod.containers) {
        expect(securityContext, metadata.name).to.include({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
        })
        expect(securityContext.capabilities.drop, metadata.name).to.deep.equal(["ALL"])
        expect(resources, metadata.name).to.have.nested.property("limits.memory")
        expect(resources, metadata.name).to.have.nested.property("requests.cpu")
      }
    }
  })

  it("probes all but the archiver, which has no port, at doors that exist", () => {
    for (const workload of workloads) {
      const [container] = podOf(workload).containers
      const probes = [container.startupProbe, container.readinessProbe]
      if (workload.metadata.name === "archiver") expect(probes).to.deep.equal([undefined, undefined])
      else for (const probe of probes) expect(probe, workload.metadata.name).to.be.an("object")
    }
    const [edge] = podOf(named("edge")).containers
    expect(edge.readinessProbe.httpGet.path).to.equal("/readyz")
    expect(edge.livenessProbe.httpGet.path).to.equal("/healthz")
    const { test } = parse(readFileSync(join(projectDir, "docker-compose.yml"), "utf8"), {
      merge: true,
      maxAliasCount: -1,
    }).services.service.healthcheck
    expect(podOf(named("service")).containers[0].readinessProbe.exec.command).to.deep.equal(test.slice(1))
  })

  it("runs the images and programs of docker-compose.yml", () => {
    const { services } = parse(readFileSync(join(projectDir, "docker-compose.yml"), "utf8"), {
      merge: true,
      maxAliasCount: -1,
    })
    const same = { nats: "nats", gateway: "resgate", proxy: "proxy" } as const
    for (const [name, service] of Object.entries(same))
      expect(podOf(named(name)).containers[0].image).to.equal(services[service].image)
    for (const name of ["service", "edge", "archiver"]) {
      expect(podOf(named(name)).containers[0].command).to.deep.equal(services[name].command)
      expect(podOf(named(name)).containers[0].image).to.equal(kustomization.images[0].name)
    }
    const flags = (args: string[]) => args.filter((flag) => !/^--(nats|config)=/.test(flag))
    expect(flags(podOf(named("gateway")).containers[0].args)).to.deep.equal(flags(services.resgate.command))
  })

  it("sets settings that exist, to values that are accepted", () => {
    const [{ data }] = ofKind("ConfigMap")
    const known: readonly string[] = settingNames
    expect(known).to.include.members(Object.keys(data))
    loadSettings(Object.keys(data) as SettingName[], data)
    expect(Number(data.NATS_REPLICAS)).to.equal(named("nats").spec.replicas)
    for (const [name, role] of [
      ["service", "service"],
      ["edge", "edge"],
      ["archiver", "archive"],
      ["gateway", "gateway"],
    ] as const) {
      const [{ env }] = podOf(named(name)).containers
      const password = passwordVariable(role)
      expect(natsRoles).to.include(role)
      // Kubernetes replaces only variables that stand before.
      const names = env.map((variable: Manifest) => variable.name)
      expect(names.indexOf(password)).to.be.within(0, names.indexOf("NATS_URL") - 1)
      const url = env.find((variable: Manifest) => variable.name === "NATS_URL").value
      expect(url).to.match(new RegExp(`^nats://${role}:\\$\\(${password}\\)@nats-0\\.nats:4222,`))
      const { NATS_URL = [] } = loadSettings(["NATS_URL"], { NATS_URL: url.replaceAll(`$(${password})`, "p1") })
      expect(NATS_URL.map((each) => new URL(each).host)).to.deep.equal(
        ["0", "1", "2"].map((server) => `nats-${server}.nats:4222`),
      )
    }
  })

  it("shows the metrics of each process of ours, to the namespace monitoring only", () => {
    const port = Number(ofKind("ConfigMap")[0].data.METRICS_PORT)
    const policies = new Map(ofKind("NetworkPolicy").map(({ metadata, spec }) => [metadata.name, spec.ingress]))
    const from = [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }]
    for (const name of ["edge", "service", "archiver", "gateway"]) {
      const { annotations } = named(name).spec.template.metadata
      expect(annotations, name).to.deep.equal({ "prometheus.io/scrape": "true", "prometheus.io/port": `${port}` })
      expect(podOf(named(name)).containers[0].ports, name).to.deep.include({ name: "metrics", containerPort: port })
      expect(policies.get(name), name).to.deep.include({ from, ports: [{ port }] })
    }
  })

  it("tells the proxy of every edge and gateway", () => {
    const [{ env }] = podOf(named("proxy")).containers
    for (const [name, variable, port] of [
      ["edge", "EDGE_ADDRESS", 8000],
      ["gateway", "GATEWAY_ADDRESS", 8080],
    ] as const) {
      const all = Array.from({ length: named(name).spec.replicas }, (_, i) => `${name}-${i}.${name}:${port}`)
      expect(env).to.deep.include({ name: variable, value: all.join(" ") })
    }
  })
})
