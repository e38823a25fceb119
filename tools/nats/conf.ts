/** A nats-server as a member of a cluster. */
export interface ClusterMember {
  /** Unique in the cluster. JetStream knows the server by it, so it stays the same. */
  readonly name: string
  /** Where the other servers reach it: port of the host that clients use, too. */
  readonly routePort: number
  /** The route ports of all servers. */
  readonly routePorts: readonly number[]
  /** What servers need to join the cluster: letters and digits. */
  readonly password: string
}

/** The contents of a generated nats-server configuration; everything else has the server's defaults (1 MiB per message). */
export interface NatsServerConf {
  readonly host: string
  /** -1 takes any free port. */
  readonly port: number
  /** JetStream's files are in `jetstream/` below it; the server adds that folder itself. */
  readonly storeDir: string
  /** Most MiB that JetStream stores. Default: what the server finds to be free. */
  readonly maxStoreMiB?: number | undefined
  /** Where the server writes its process id. */
  readonly pidFile?: string
  /** Where the server writes its ports, to `<name of the binary>_<pid>.ports`. */
  readonly portsFileDir?: string
  /** How often stored messages are forced to the disk: "always", or a time. Default "1s". */
  readonly syncInterval?: string
  /** Default: it is alone. */
  readonly cluster?: ClusterMember
  /** Further lines in the server's own syntax. */
  readonly extra?: string
}

/**
 * The text of a configuration file of nats-server, with JetStream.
 *
 * Durability: JetStream passes a message to the kernel (`write`) before it acknowledges it, so a killed nats-server loses
 * nothing. `sync_interval` is the time until nats-server forces it to the disk (`fsync`), which is what a power cut or a kernel
 * panic can lose. The server's default is 2 minutes. Ours is 1 s, without a measurable difference in throughput; `always`, an
 * fsync for each message, reached a fifth of it (nats-server 2.15.2, 16 publishers, an SSD).
 *
 * `ping_interval`: a client that does not answer two pings is cut off after 4 to 6 s. With the server's default a dead host would
 * keep its subscriptions for 4 to 6 minutes.
 */
export function natsServerConf(conf: NatsServerConf): string {
  // JSON strings and numbers are valid values in this format.
  const lines = [
    `host: ${JSON.stringify(conf.host)}`,
    `port: ${conf.port}`,
    'ping_interval: "2s"',
    "ping_max: 2",
    "jetstream {",
    `  store_dir: ${JSON.stringify(conf.storeDir)}`,
    `  sync_interval: ${JSON.stringify(conf.syncInterval ?? "1s")}`,
    ...(conf.maxStoreMiB === undefined ? [] : [`  max_file_store: ${conf.maxStoreMiB}MB`]),
    "}",
  ]
  if (conf.pidFile !== undefined) lines.push(`pid_file: ${JSON.stringify(conf.pidFile)}`)
  if (conf.portsFileDir !== undefined) lines.push(`ports_file_dir: ${JSON.stringify(conf.portsFileDir)}`)
  if (conf.cluster !== undefined) lines.push(...clusterLines(conf.host, conf.cluster))
  if (conf.extra !== undefined) lines.push(conf.extra)
  return `${lines.join("\n")}\n`
}

/** Clients get no addresses of other servers: they know all from NATS_URL, and may reach each by a proxy of its own. */
function clusterLines(host: string, { name, routePort, routePorts, password }: ClusterMember): string[] {
  const user = "route"
  const cluster = {
    name: "shopwire",
    listen: `${host}:${routePort}`,
    no_advertise: true,
    authorization: { user, password },
    routes: routePorts.map((port) => `nats://${user}:${password}@${host}:${port}`),
  }
  return [`server_name: ${JSON.stringify(name)}`, `cluster ${JSON.stringify(cluster)}`]
}
