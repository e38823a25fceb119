/** What a generated configuration of nats-server holds; the rest are the server's defaults (1 MiB a message). */
export interface NatsServerConf {
  readonly host: string
  /** -1: any free one. */
  readonly port: number
  /** JetStream's files lie in `jetstream/` below it: the server adds that part itself. */
  readonly storeDir: string
  /** Where the server writes its process id. */
  readonly pidFile?: string
  /** Where the server writes `<name of the binary>_<pid>.ports`, the ports that it got. */
  readonly portsFileDir?: string
  /** Further lines in the server's own syntax. */
  readonly extra?: string
}

/**
 * The text of a configuration file of nats-server, with JetStream.
 *
 * Durability: before JetStream acknowledges a message it has handed it to the kernel by `write`, so a killed
 * nats-server loses nothing. `sync_interval` is how long the kernel may keep it before nats-server asks for it to be on
 * the disk (`fsync`): what a power cut or a kernel panic can cost. The server's own default is 2 minutes. Ours is 1 s,
 * with no measurable difference in throughput; `always`, an fsync for each message, had a fifth of it (nats-server
 * 2.15.2, 16 publishers, an SSD).
 *
 * `ping_interval`: a client that leaves two pings unanswered is cut off, after 4 to 6 s. The server's own default is 4 to 6
 * minutes, for which a dead host keeps its subscriptions.
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
    '  sync_interval: "1s"',
    "}",
  ]
  if (conf.pidFile !== undefined) lines.push(`pid_file: ${JSON.stringify(conf.pidFile)}`)
  if (conf.portsFileDir !== undefined) lines.push(`ports_file_dir: ${JSON.stringify(conf.portsFileDir)}`)
  if (conf.extra !== undefined) lines.push(conf.extra)
  return `${lines.join("\n")}\n`
}
