import Foundation

/// Publishes the events of one shop, also if the network is away for days: keeps them on disk until the server has stored them.
///
/// - Events are stored in the order in which they were queued, each one once, whatever happens between app and server. Events that have
///   waited are sent in arrays.
/// - After `enqueue` has returned, the events survive a crash of the app and of the system.
/// - While the server is busy or away, it tries again less and less often, and never gives up.
/// - Events that the server refuses for good are set aside, and do not hold up the rest.
///
/// Two processes cannot have the same directory open.
public actor Outbox {
  /// What the outbox is doing.
  public struct Status: Hashable, Sendable {
    /// Events that are not stored yet.
    public let queued: Int
    /// Events that were set aside.
    public let setAside: Int
    /// Why the last attempt to send has failed; nil if it has not.
    public let obstacle: Obstacle?
    /// What has become of the shopper in the shared session that the last sent event names: `joined`, or the code of a refusal, such as
    /// `session.full`. Nil while it is not known: the server joins after it has answered, so the next event brings it.
    public var sharedSession: String?
  }

  /// Why nothing can be sent at the moment. The outbox tries again by itself.
  public enum Obstacle: Hashable, Sendable {
    /// There is no connection, or no answer.
    case offline
    /// The server is busy, or does not accept the token, or the answer was not the server's.
    case refused(Problem)
    /// The answer came from something else: the login page of a Wi-Fi, or another server.
    case notShopwire(status: Int)
    /// There is no token: the token provider threw this error.
    case noToken(String)
    /// The disk is full, or fails.
    case disk(FileError)
    /// Any other error, such as one of the system.
    case unexpected(String)
  }

  private let client: ShopwireClient
  private let shop: UUID
  private let retry: RetryPolicy
  private let lock: File
  private var stateFile: StateFile
  private var queue: EventQueue
  private var list: SetAsideList
  private var obstacle: Obstacle? { didSet { if obstacle != oldValue { tellStatus() } } }
  private var sharedSession: String? { didSet { if sharedSession != oldValue { tellStatus() } } }
  /// The headers of a name or an invitation that the server has refused. Events are sent without them, rather than not at all.
  private var refusedGuest: [String: String] = [:]
  /// Sends, until it is stopped.
  private var sender: Task<Void, Never>?
  /// The last one that was stopped. It may not have ended yet.
  private var stoppedSender: Task<Void, Never>?
  private let bell = Bell()
  private var watchers: [UUID: AsyncStream<Status>.Continuation] = [:]

  /// Opens the outbox of a shop, and makes it if it is not there. Call `start()` to send.
  ///
  /// - Parameters:
  ///   - directory: for this outbox alone. Take another one for each shop and each user. Not a cache directory: the system may empty it.
  ///   - retry: `attempts` does not count here; default: that of the client
  /// - Throws: `OutboxInUse` if another process, or another `Outbox`, has it open · `FileError`
  public init(directory: URL, shop: UUID, client: ShopwireClient, retry: RetryPolicy? = nil) throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    lock = try File(directory.appending(path: "lock"))
    guard try lock.lock() else { throw OutboxInUse(directory: directory) }
    #if canImport(Darwin)
      // Restored on another phone, a copy would send as the same producer.
      var values = URLResourceValues()
      values.isExcludedFromBackup = true
      var url = directory
      try? url.setResourceValues(values)
    #endif
    self.client = client
    self.shop = shop
    self.retry = retry ?? client.retry
    stateFile = try StateFile(directory.appending(path: "state"))
    queue = try EventQueue(directory: directory, from: stateFile.state.start)
    if stateFile.state.requestCount > queue.count {
      // The disk has lost events of the request. The server tells whether it has the request as it was.
      var state = stateFile.state
      state.requestCount = queue.count
      try stateFile.write(state)
    }
    list = try SetAsideList(directory.appending(path: "set-aside.json"))
  }

  deinit {
    sender?.cancel()
    for watcher in watchers.values { watcher.finish() }
  }

  // MARK: Queueing

  /// Queues an event. Returns after it is on the disk.
  ///
  /// - Throws: as `enqueue(_:)` with several events
  public func enqueue(_ event: PublishEvent, sharedSession: SharedSession? = nil) throws {
    try enqueue([event], sharedSession: sharedSession)
  }

  /// Queues events, all or none. Returns after they are on the disk.
  ///
  /// - Parameter sharedSession: the session that their baskets belong to, and how their shopper joins it; nil: they name none
  /// - Throws: `FileError`, with `isDiskFull` for a full disk; the events are not queued then · `OtherShop` ·
  ///   `EventTooLarge` · `EncodingError` for an amount that is no number
  public func enqueue(_ events: [PublishEvent], sharedSession: SharedSession? = nil) throws {
    try enqueue(events.map { QueuedEvent(event: $0, sharedSession: sharedSession) })
  }

  private func enqueue(_ events: [QueuedEvent]) throws {
    if let other = events.first(where: { $0.event.shopID != shop }) { throw OtherShop(shop: other.event.shopID) }
    if events.isEmpty { return }
    let payloads = try events.map { try JSON.data(of: $0) }
    if let large = payloads.first(where: { $0.count > Limits.maxBodyBytes }) { throw EventTooLarge(bytes: large.count) }
    try queue.append(payloads)
    tellStatus()
    bell.ring(.work)
  }

  // MARK: Sending

  /// Sends what is queued, and what will be, until `stop()`.
  public func start() {
    if sender != nil { return }
    sender = Task { [weak self, bell, stoppedSender] in
      // Two at a time would send the same request.
      await stoppedSender?.value
      var failures = 0
      while !Task.isCancelled {
        guard let next = await self?.sendNext() else { return }
        switch next {
        case .sent: failures = 0
        case .nothingQueued: await bell.wait(for: .work, atMost: nil)
        case .failed(let retryAfter):
          failures += 1
          guard let policy = self?.retry else { return }
          let pause = policy.delay(after: failures, retryAfter: retryAfter)
          // Even an app that calls `sendNow` again and again does not make it send more often than this.
          let shortest = min(pause, max(policy.firstDelay, retryAfter ?? .zero))
          try? await Task.sleep(for: shortest, clock: .continuous)
          await bell.wait(for: .retry, atMost: pause - shortest)
        }
      }
    }
  }

  /// Stops sending. A request that is under way is given up; it is sent again after the next `start()`.
  public func stop() async {
    if let sender {
      sender.cancel()
      stoppedSender = sender
      // Before it has ended, so that a `start()` meanwhile makes a new one.
      self.sender = nil
    }
    await stoppedSender?.value
  }

  /// Cuts the current wait short. Call it when the network is back, or the app comes to the foreground. A wait that the server has asked
  /// for is never cut short.
  public func sendNow() {
    bell.ring(.retry)
  }

  // MARK: Watching

  public var status: Status {
    Status(queued: queue.count, setAside: list.events.count, obstacle: obstacle, sharedSession: sharedSession)
  }

  /// The present status, and each later one; if you read slowly, the latest.
  public var statuses: AsyncStream<Status> {
    let (stream, continuation) = AsyncStream.makeStream(of: Status.self, bufferingPolicy: .bufferingNewest(1))
    let id = UUID()
    watchers[id] = continuation
    continuation.onTermination = { [weak self] _ in
      Task { await self?.removeWatcher(id) }
    }
    continuation.yield(status)
    return stream
  }

  /// Who the outbox is for the server. It changes when somebody else sends as the same producer.
  public var producer: Producer { stateFile.state.producer }

  // MARK: Events that were set aside

  /// The events that the server refused for good, the oldest first. They stay on disk until you remove or queue them.
  public var setAside: [SetAsideEvent] { list.events }

  /// Forgets events that were set aside.
  public func removeSetAside(_ ids: some Sequence<SetAsideEvent.ID>) throws {
    try list.remove(Set(ids))
    tellStatus()
  }

  /// Queues events that were set aside again, after all others, with the shared sessions that they were queued with. After a crash in the middle they may be in both places.
  public func enqueueSetAside(_ ids: some Sequence<SetAsideEvent.ID>) throws {
    let wanted = Set(ids)
    let events = list.events.filter { wanted.contains($0.id) }
    try enqueue(events.map { QueuedEvent(event: $0.event, sharedSession: $0.sharedSession) })
    try removeSetAside(wanted)
  }

  // MARK: The sender

  private enum Step {
    case sent
    case nothingQueued
    case failed(retryAfter: Duration?)
  }

  /// Sends the next request once, and keeps what came of it.
  private func sendNext() async -> Step {
    do {
      guard let request = try nextRequest() else {
        obstacle = nil
        return .nothingQueued
      }
      do {
        let guest = request.guestHeaders == refusedGuest ? [:] : request.guestHeaders
        let headers = request.producerHeaders.merging(guest) { first, _ in first }
        let answer = try await client.send(request.publish, headers: headers)
        try removeRequest()
        sharedSession = answer.sharedSession
      } catch let problem as Problem where request.guestHeaders != refusedGuest && request.refusesGuest(problem) {
        refusedGuest = request.guestHeaders
      } catch let problem as Problem where request.isNotAlone(problem) {
        // The same events, as a new producer. After a conflict some may be stored already, in a request of the other device: rather twice
        // than never.
        var state = stateFile.state
        (state.producer, state.sequence) = (.new(), 1)
        try stateFile.write(state)
        throw problem
      } catch let problem as Problem where request.isRefusedForGood(by: problem) {
        try refuse(request, problem)
      }
      obstacle = nil
      return .sent
    } catch {
      if !Task.isCancelled { obstacle = Obstacle(error) }
      return .failed(retryAfter: (error as? Problem)?.retryAfter)
    }
  }

  /// The request to send: the one from before a crash or a failure, the same again, or a new one.
  private func nextRequest() throws -> OutboxRequest? {
    var state = stateFile.state
    if state.requestCount == 0 {
      if queue.count == 0 { return nil }
      state.start = queue.start
      state.requestCount = queue.prefixCount(maxCount: Limits.maxBatchEvents, maxBytes: Limits.maxBodyBytes)
      // Before it is sent: after a crash this sequence must have the same events.
      try stateFile.write(state)
    }
    let events = try queue.first(state.requestCount)
    return try OutboxRequest(shop: shop, producer: state.producer, sequence: state.sequence, events: events)
  }

  /// Removes the events of the request, which the server has stored.
  private func removeRequest() throws {
    var state = stateFile.state
    let count = state.requestCount
    state.start = queue.start(after: count)
    state.requestCount = 0
    state.sequence += 1
    try stateFile.write(state)
    queue.removeFirst(count)
    tellStatus()
  }

  private func refuse(_ request: OutboxRequest, _ problem: Problem) throws {
    // Nothing is stored, so this sequence is still free. The server must not miss it: it goes to the events before a wrong one, or, if
    // they are all wrong, to the next events.
    switch request.part(refusedBy: problem) {
    case .wrong(let count): try setAsideFirst(count, because: problem)
    case .sendable(let count):
      var state = stateFile.state
      state.requestCount = count
      try stateFile.write(state)
    }
  }

  private func setAsideFirst(_ count: Int, because problem: Problem) throws {
    let producer = stateFile.state.producer
    try list.add(
      queue.first(count).enumerated().map { index, queued in
        try SetAsideEvent(queued.event, at: queued.place, of: producer, problem.ofEvent(index))
      })
    var state = stateFile.state
    state.start = queue.start(after: count)
    state.requestCount = 0
    try stateFile.write(state)
    queue.removeFirst(count)
    tellStatus()
  }

  private func tellStatus() {
    for watcher in watchers.values { watcher.yield(status) }
  }

  private func removeWatcher(_ id: UUID) {
    watchers[id] = nil
  }
}

/// Thrown for a directory that another `Outbox` has open, in this process or in another one.
public struct OutboxInUse: Error, Hashable, Sendable {
  public let directory: URL
}

/// Thrown for an event of another shop than the outbox's.
public struct OtherShop: Error, Hashable, Sendable {
  public let shop: UUID
}

/// Thrown for an event that no request could carry.
public struct EventTooLarge: Error, Hashable, Sendable {
  public let bytes: Int
}
