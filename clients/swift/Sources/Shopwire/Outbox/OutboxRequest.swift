import Foundation

/// One request of an outbox. The same request is always sent with the same headers and events.
struct OutboxRequest: Sendable {
  let shop: UUID
  let producer: Producer
  let sequence: UInt64
  let events: [(place: QueuePlace, event: Data)]

  var publish: PublishRequest {
    PublishRequest(shop: shop, body: events.count == 1 ? .one(events[0].event) : .array(events.map(\.event)))
  }

  var headers: [String: String] {
    [
      "Producer-Id": producer.id.lowercased,
      "Producer-Epoch": String(producer.epoch),
      "Producer-Seq": String(sequence),
    ]
  }

  /// True if these events can never be stored by this request. Refusals that concern the caller (401, 403), or come from something between
  /// app and server, may end.
  func isRefusedForGood(by problem: Problem) -> Bool {
    switch problem.status {
    // Proxies have limits of their own, and answer in their own way.
    case 413: true
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
    self.init(
      id: "\(producer.id.lowercased)-\(place.segment)-\(place.offset)",
      event: try JSONDecoder().decode(PublishEvent.self, from: json),
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
