import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The server's limits of a publish. Source: contract/limits.ts, edge/http/json-body.ts.
enum Limits {
  /// Most events of one array.
  static let maxBatchEvents = 1000
  /// Largest event, in bytes of its JSON.
  static let maxEventBytes = 8 * 1024
  /// Largest body, in bytes.
  static let maxBodyBytes = 768 * 1024
  /// How long after the first attempt a request may be repeated under its `Idempotency-Key`: the server knows a key for 10 minutes, and a
  /// request may be under way for one.
  static let repetitions: Duration = .seconds(9 * 60)
}

/// The one way to write JSON: the same event always gives the same bytes.
enum JSON {
  static func data(of event: PublishEvent) throws -> Data {
    try encoder.encode(event)
  }

  static func data(of event: QueuedEvent) throws -> Data {
    try encoder.encode(event)
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}

/// `POST /publish/{shop_id}`.
struct PublishRequest: Sendable {
  /// Events as JSON.
  enum Body: Sendable {
    case one(Data)
    case array([Data])
  }

  let shop: UUID
  let body: Body

  func urlRequest(edge: URL, headers: [String: String]) -> URLRequest {
    var request = URLRequest(url: edge.appending(path: "publish/\(shop.lowercased)"))
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    request.httpBody =
      switch body {
      case .one(let event): event
      case .array(let events): Data("[".utf8) + events.joined(separator: Data(",".utf8)) + Data("]".utf8)
      }
    return request
  }
}

/// A 200: all events of the request are stored.
struct PublishAnswer: Sendable {
  /// The sequence of each event.
  let sequences: [Int]
  /// What has become of the last event's shopper in the shared session that it names; nil if it is not known.
  let sharedSession: String?

  /// Nil if the answer is not shopwire's: the login page of a Wi-Fi answers 200, too.
  init?(_ answer: HTTPAnswer, to request: PublishRequest) {
    sharedSession = answer.header("Shared-Session-Status")
    switch request.body {
    case .one:
      guard let sequence = answer.header("X-Event-Seq").flatMap(Int.init) else { return nil }
      sequences = [sequence]
    case .array(let events):
      guard let stored = try? JSONDecoder().decode([Stored].self, from: answer.body), stored.count == events.count
      else { return nil }
      sequences = stored.map(\.seq)
    }
  }

  private struct Stored: Decodable {
    let seq: Int
  }
}
