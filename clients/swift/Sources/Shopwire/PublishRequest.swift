import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The server's limits of a publish. Source: contract/limits.ts, edge/http/json-body.ts.
enum Limits {
  /// Most events of one array.
  static let maxBatchEvents = 1000
  /// Largest body, in bytes.
  static let maxBodyBytes = 768 * 1024
}

/// The one way to write JSON: the same event always gives the same bytes.
enum JSON {
  static func data(of event: PublishEvent) throws -> Data {
    try encoder.encode(event)
  }

  /// The event with the shared session that it names, if any.
  static func data(of event: PublishEvent, sharedSession: String?) throws -> Data {
    guard let sharedSession else { return try data(of: event) }
    return try encoder.encode(SharedEvent(event: event, sharedSession: sharedSession))
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}

/// An event that names the shared session of its basket.
private struct SharedEvent: Encodable {
  let event: PublishEvent
  let sharedSession: String

  private enum CodingKeys: String, CodingKey {
    case sharedSession = "shared_session"
  }

  func encode(to encoder: any Encoder) throws {
    try event.encode(to: encoder)
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(sharedSession, forKey: .sharedSession)
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

  /// Nil if the answer is not shopwire's: the login page of a Wi-Fi answers 200, too.
  init?(_ answer: HTTPAnswer, to request: PublishRequest) {
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
