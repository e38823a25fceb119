import Foundation

/// One request of an outbox. The same request is always sent with the same producer headers and events.
struct OutboxRequest: Sendable {
  let shop: UUID
  let producer: Producer
  let sequence: UInt64
  /// As they stand in the queue.
  let events: [(place: QueuePlace, event: Data)]
  let publish: PublishRequest
  /// The headers by which shoppers join their shared session: those of the last event that names one.
  let guestHeaders: [String: String]

  init(shop: UUID, producer: Producer, sequence: UInt64, events: [(place: QueuePlace, event: Data)]) throws {
    self.shop = shop
    self.producer = producer
    self.sequence = sequence
    self.events = events
    var guestHeaders: [String: String] = [:]
    let bodies = try events.map { _, json in
      guard QueuedEvent.namesSession(json) else { return json }
      let queued = try QueuedEvent.read(json)
      guestHeaders = queued.sharedSession?.guestHeaders ?? [:]
      return guestHeaders.isEmpty ? json : try JSON.data(of: queued.withoutGuest)
    }
    self.guestHeaders = guestHeaders
    publish = PublishRequest(shop: shop, body: bodies.count == 1 ? .one(bodies[0]) : .array(bodies))
  }

  var producerHeaders: [String: String] {
    [
      "Producer-Id": producer.id.lowercased,
      "Producer-Epoch": String(producer.epoch),
      "Producer-Seq": String(sequence),
    ]
  }

  /// True if the server refuses the name or the invitation, and says nothing of the events.
  func refusesGuest(_ problem: Problem) -> Bool {
    problem.status == 422 && problem.isFromShopwire && !problem.errors.isEmpty
      && problem.errors.allSatisfy { $0.header != nil }
  }

  /// True if somebody else sends as this producer. Nothing of this request is stored under its sequence.
  func isNotAlone(_ problem: Problem) -> Bool {
    ["store.producerConflict", "store.producerFenced", "store.producerGaps"].contains(problem.code)
  }

  /// True if these events can never be stored by this request. Refusals that concern the caller (401, 403), or come from something between
  /// app and server, may end.
  func isRefusedForGood(by problem: Problem) -> Bool {
    switch problem.status {
    // Proxies have limits of their own, and answer in their own way. One that takes not even an event that the server takes is set up wrong.
    case 413: problem.isFromShopwire || events.count > 1 || events[0].event.count > Limits.maxEventBytes
    case 409, 422: problem.isFromShopwire
    default: false
    }
  }

  /// What to do with the first events after all were refused together. The rest is not sent again until then.
  enum Part: Equatable {
    /// So many can never be stored.
    case wrong(Int)
    /// So many may be stored if they are sent without the rest.
    case sendable(Int)
  }

  func part(refusedBy problem: Problem) -> Part {
    if events.count == 1 { return .wrong(1) }
    let wrong = Set(problem.errors.compactMap(\.eventIndex))
    if let first = wrong.filter(events.indices.contains).min() {
      return first > 0 ? .sendable(first) : .wrong(events.indices.prefix(while: wrong.contains).count)
    }
    return .sendable(events.count / 2)
  }
}

extension SetAsideEvent {
  init(_ json: Data, at place: QueuePlace, of producer: Producer, _ problem: Problem) throws {
    let queued = try QueuedEvent.read(json)
    self.init(
      id: "\(producer.id.lowercased)-\(place.segment)-\(place.offset)",
      event: queued.event,
      sharedSession: queued.sharedSession,
      code: problem.code,
      reason: problem.detail,
      errors: problem.errors)
  }
}

extension Outbox.Obstacle {
  init(_ error: any Error) {
    switch error {
    case let problem as Problem: self = .refused(problem)
    case let answer as UnexpectedAnswer: self = .notShopwire(status: answer.status)
    case let failure as FileError: self = .disk(failure)
    case is URLError: self = .offline
    case let failure as TokenFailure where failure.cause is URLError: self = .offline
    case let failure as TokenFailure: self = .noToken(String(describing: failure.cause))
    default: self = .unexpected(String(describing: error))
    }
  }
}
